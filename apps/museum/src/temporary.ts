// Directories outside the repository. Whatever ends the museum, none stays behind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const kept = new Set<string>()
process.on('exit', () => {
  for (const path of kept) rmSync(path, { recursive: true, force: true })
})

export interface TemporaryDirectory {
  readonly path: string
  remove(): void
}

export function temporaryDirectory(): TemporaryDirectory {
  const path = mkdtempSync(join(tmpdir(), `riverraft-museum-${process.pid}-`))
  kept.add(path)
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true })
    kept.delete(path)
  }
  return { path, remove }
}
