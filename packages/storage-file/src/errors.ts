// What this storage says when something is wrong: which file, where, and what to do.
import { RaftError } from '@riverraft/core'

/** The stored data contradicts itself: an error for people, with what a tool asks for. */
export class Damage extends RaftError {
  readonly file: string
  /** In bytes; undefined when it is the file as a whole. */
  readonly offset: number | undefined
  readonly reason: string

  constructor(file: string, offset: number | undefined, reason: string, cause: unknown) {
    const where = offset === undefined ? file : `${file} at byte ${offset}`
    super('ERR_STORAGE_CORRUPT', `${where}: ${reason}. Nothing was changed`, causeOption(cause))
    this.file = file
    this.offset = offset
    this.reason = reason
  }
}

export function corrupt(file: string, offset: number | undefined, what: string, cause?: unknown): RaftError {
  return new Damage(file, offset, what, cause)
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
