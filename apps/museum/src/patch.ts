// Applies edits to sources and compiles what they touch: types are stripped, so a copy differs in nothing else.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import type { Edit } from './mutant.js'
import { PACKAGES } from './workspace.js'

export class PatchError extends Error {
  override readonly name: string = 'PatchError'
}

/** The files that edits touch, as they will stand in the copy: 'core/dist/consensus/log.js'. */
export function patchedFiles(
  origin: string,
  edits: readonly Edit[],
  packages: string = PACKAGES,
): Map<string, string> {
  const sources = new Map<string, string>()
  for (const { file, find, replace } of edits) {
    const source = sources.get(file) ?? readFileSync(join(packages, file), 'utf8')
    const pieces = source.split(find)
    if (pieces.length !== 2) {
      const found = pieces.length === 1 ? 'is not there any more' : `is there ${pieces.length - 1} times`
      throw new PatchError(`${origin}: ${file}: this ${found}:\n${find}`)
    }
    sources.set(file, pieces.join(replace))
  }
  return new Map([...sources].map(([file, source]) => [builtName(file), compiled(origin, file, source)]))
}

export function builtName(file: string): string {
  return file.replace('/src/', '/dist/').replace(/\.ts$/, '.js')
}

export function compiled(origin: string, file: string, source: string): string {
  try {
    return stripTypeScriptTypes(source)
  } catch (cause) {
    throw new PatchError(`${origin}: ${file} does not parse any more: ${String(cause)}`, { cause })
  }
}
