// What Redis, its client and our scripts say, as the errors of the Storage port.
import { type ErrorCode, RaftError } from '@riverraft/core'

/** The first word of what our scripts refuse with. */
const SCRIPT_ERRORS: Readonly<Record<string, ErrorCode>> = {
  FENCED: 'ERR_STORAGE_LOCKED',
  IDENTITY: 'ERR_STORAGE_IDENTITY',
  EMPTY: 'ERR_STORAGE_EMPTY',
  CORRUPT: 'ERR_STORAGE_CORRUPT',
}

export function storageError(code: ErrorCode, what: string, cause?: unknown): RaftError {
  return new RaftError(code, `redis storage: ${what}`, cause === undefined ? undefined : { cause })
}

/** Redis itself answered, and the answer is an error: whatever was asked did not happen. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** `what` failed with `cause`, which becomes the cause of the error returned. */
export function failure(what: string, cause: unknown): RaftError {
  if (cause instanceof RaftError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  // The client attaches the command, with all its bytes: an error must not keep a batch alive, nor print it.
  if (cause instanceof Error) delete (cause as { command?: unknown }).command
  const code = isReply(cause) ? SCRIPT_ERRORS[message.split(' ', 1)[0]!] : undefined
  return storageError(code ?? 'ERR_STORAGE', `${what}: ${message}`, cause)
}
