// What this storage says when something is wrong: which file, where, and what to do.
import { RaftError } from '@riverraft/core'

/** The stored data contradicts itself. */
export function corrupt(file: string, offset: number | undefined, what: string, cause?: unknown): RaftError {
  const where = offset === undefined ? file : `${file} at byte ${offset}`
  return new RaftError('ERR_STORAGE_CORRUPT', `${where}: ${what}. Nothing was changed`, causeOption(cause))
}

/** A call of the system failed, or the node and its storage disagree. */
export function failure(directory: string, doing: string, cause: unknown): RaftError {
  if (cause instanceof RaftError) return cause
  const why = cause instanceof Error ? cause.message : String(cause)
  const advice = ADVICE[(cause as { code?: string } | undefined)?.code ?? ''] ?? ''
  return new RaftError(
    'ERR_STORAGE',
    `file storage ${directory}: ${doing}: ${why}${advice}`,
    causeOption(cause),
  )
}

const ADVICE: Record<string, string> = {
  ENOSPC: '. The disk is full: free space and start again. What was acknowledged is safe',
  EDQUOT: '. The quota is used up: free space and start again. What was acknowledged is safe',
  EROFS: '. The file system is read-only',
  EACCES: '. This process may not write there',
}

function causeOption(cause: unknown): { cause: unknown } | undefined {
  return cause === undefined ? undefined : { cause }
}
