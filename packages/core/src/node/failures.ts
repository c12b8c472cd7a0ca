// What ends a node, as the one error class.
import { RaftError } from '../ports/errors.js'

export function storageFailure(cause: Error): RaftError {
  return cause instanceof RaftError ? cause : new RaftError('ERR_STORAGE', cause.message, { cause })
}

export function asRaftError(cause: unknown): RaftError {
  if (cause instanceof RaftError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new RaftError('ERR_INVARIANT', message, { cause })
}
