// What went wrong, as an error that carries a code.
import { type ErrorCode, RaftError } from '../ports/errors.js'

/** `cause` itself when it has a code already. */
export function asRaftError(cause: unknown, code: ErrorCode = 'ERR_INVARIANT'): RaftError {
  if (cause instanceof RaftError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new RaftError(code, message, { cause })
}
