// A copy of the built simulator and of everything of ours it needs, outside the repository, with one bug in it. Node finds
// packages beside the copy, so the simulator there runs the core there.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Edit } from './mutant.js'
import { patchedFiles } from './patch.js'
import { PACKAGES } from './workspace.js'

/** Whatever ends the museum, no copy stays behind. */
const kept = new Set<string>()
process.on('exit', () => {
  for (const directory of kept) rmSync(directory, { recursive: true, force: true })
})

export interface Copy {
  /** What a child imports. */
  readonly simulator: string
  remove(): void
}

/** @throws PatchError when an edit does not apply */
export function makeCopy(origin: string, edits: readonly Edit[]): Copy {
  const files = patchedFiles(origin, edits)
  const directory = mkdtempSync(join(tmpdir(), 'riverraft-museum-'))
  kept.add(directory)
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true })
    kept.delete(directory)
  }
  try {
    const scope = join(directory, 'node_modules/@riverraft')
    const copied = withDependencies('simulator')
    for (const name of copied) copyPackage(name, join(scope, name))
    for (const [file, code] of files) {
      const target = join(scope, file)
      if (!existsSync(target)) throw new Error(`${origin}: ${file} is not part of the built packages`)
      writeFileSync(target, code)
    }
    return { simulator: join(scope, 'simulator/dist/index.js'), remove }
  } catch (error) {
    remove()
    throw error
  }
}

/** The packages of ours that `first` needs at run time, itself included. */
function withDependencies(first: string): Set<string> {
  const names = new Set([first])
  // A set goes on with what is added meanwhile.
  for (const name of names) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    for (const dependency of Object.keys(dependencies)) {
      if (!dependency.startsWith('@riverraft/')) throw new Error(`${name} needs ${dependency}: not copied`)
      names.add(dependency.slice('@riverraft/'.length))
    }
  }
  return names
}

function copyPackage(name: string, target: string): void {
  const source = join(PACKAGES, name)
  if (!existsSync(join(source, 'dist'))) throw new Error(`packages/${name} is not built`)
  mkdirSync(target, { recursive: true })
  cpSync(join(source, 'package.json'), join(target, 'package.json'))
  const isCode = (path: string): boolean => !/\.(d\.ts|map)$/.test(path)
  cpSync(join(source, 'dist'), join(target, 'dist'), { recursive: true, filter: isCode })
}
