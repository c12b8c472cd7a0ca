// What opening would say, by the code that opens; and what to do about it.
import { hasCode, type StorageIdentity } from '@riverraft/core'
import { Damage } from '../errors.js'
import type { FileSystem } from '../file-system.js'
import { readFormat } from '../format-file.js'
import { FORMAT_NAME } from '../names.js'
import { type OpenedDirectory, readDirectory } from '../open-directory.js'
import type { Problem } from './findings.js'

const LOOKS_MAX = 10
/** When `format` is missing, there is nobody to compare with. */
const NOBODY: StorageIdentity = { clusterId: '', nodeId: '', incarnation: '', members: [] }

const REPLACE =
  'Keep a copy of the directory. This member may have lost what it acknowledged: do not let it vote as it was; ' +
  'replace it by a new member, or restore the directory as a whole'
const NEWER = 'Use the version of @riverraft/storage-file that wrote it, or a later one'

/** `changing`: in use, and never twice the same. */
export type Judgement = OpenedDirectory | Problem | 'changing'

/**
 * While a node writes, what is read at different moments may not fit together: damage stays where it is, and that does
 * not.
 * @throws what the system says, when it cannot be read
 */
export async function judge(fileSystem: FileSystem, directory: string, isInUse: boolean): Promise<Judgement> {
  let before: Problem | undefined
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const found = await judgeOnce(fileSystem, directory, isInUse)
    if (found !== undefined && !('reason' in found)) return found
    if (!isInUse) return found!
    if (found !== undefined && isSame(found, before)) return found
    before = found
  }
  return 'changing'
}

/** Undefined when something was removed meanwhile. */
async function judgeOnce(
  fileSystem: FileSystem,
  directory: string,
  isInUse: boolean,
): Promise<OpenedDirectory | Problem | undefined> {
  try {
    const names = await fileSystem.list(directory)
    const identity = names.includes(FORMAT_NAME) ? await readFormat(fileSystem, directory) : NOBODY
    return await readDirectory(fileSystem, directory, names, identity)
  } catch (error) {
    if (isInUse && codeOf(error) === 'ENOENT') return undefined
    return problemOf(error, directory)
  }
}

/** @throws what is no problem of the files but of reading them */
export function problemOf(error: unknown, file: string): Problem {
  if (error instanceof Damage) {
    const { file, offset, reason } = error
    return { type: 'problem', file, offset, reason, advice: REPLACE }
  }
  if (!(error instanceof Error)) throw error
  const { message: reason } = error
  if (hasCode(error, 'ERR_STORAGE'))
    return { type: 'problem', file, offset: undefined, reason, advice: NEWER }
  if (codeOf(error) !== undefined) throw error
  // Whole by its checksum, and yet not to be understood.
  return { type: 'problem', file, offset: undefined, reason, advice: REPLACE }
}

function isSame(a: Problem, b: Problem | undefined): boolean {
  return a.file === b?.file && a.offset === b.offset && a.reason === b.reason
}

export function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code
}
