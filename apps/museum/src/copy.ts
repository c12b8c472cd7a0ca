// A copy with one bug in it, outside the repository. Node finds packages beside the copy, so the simulator there runs the
// core there.
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { base } from './base.js'
import type { Edit } from './mutant.js'
import { PatchError, patchedFiles } from './patch.js'
import { temporaryDirectory } from './temporary.js'

export interface Copy {
  /** What a child imports. */
  readonly simulator: string
  remove(): void
}

/** @throws PatchError when an edit does not apply */
export function makeCopy(origin: string, edits: readonly Edit[]): Copy {
  const files = patchedFiles(origin, edits, base())
  const { path, remove } = temporaryDirectory()
  try {
    const scope = join(path, 'node_modules/@riverraft')
    for (const name of readdirSync(base())) {
      for (const part of ['package.json', 'dist'])
        cpSync(join(base(), name, part), join(scope, name, part), { recursive: true })
    }
    for (const [file, code] of files) {
      const target = join(scope, file)
      if (!existsSync(target)) throw new PatchError(`${origin}: the simulator does not run ${file}`)
      writeFileSync(target, code)
    }
    return { simulator: join(scope, 'simulator/dist/index.js'), remove }
  } catch (error) {
    remove()
    throw error
  }
}
