// What callers give with a request, checked before anything begins.
import { RaftError } from '../ports/errors.js'
import type { CommandCodec } from '../ports/state-machine.js'
import { SESSION_TTL_MS_MAX } from '../wire/open-session.js'
import { invalid } from './options.js'
import type { ReadOptions, SessionSequence } from './types.js'

/** @throws RaftError ERR_INVALID_COMMAND */
export function encodeCommand<Command>(codec: CommandCodec<Command>, command: Command): Uint8Array {
  try {
    return codec.encode(command)
  } catch (cause) {
    if (cause instanceof RaftError) throw cause
    throw new RaftError('ERR_INVALID_COMMAND', 'the command cannot be encoded', { cause })
  }
}

/** With its defaults. @throws RaftError ERR_INVALID_OPTION */
export function checkRead({
  consistency = 'linearizable',
  minIndex = 0,
}: ReadOptions): Required<Pick<ReadOptions, 'consistency' | 'minIndex'>> {
  if (!Number.isSafeInteger(minIndex) || minIndex < 0) invalid(`minIndex must be an index, not ${minIndex}`)
  if (consistency !== 'linearizable' && consistency !== 'lease' && consistency !== 'local')
    invalid(`unknown consistency ${String(consistency)}`)
  return { consistency, minIndex }
}

/** @throws RaftError ERR_INVALID_OPTION */
export function checkSession({ id, sequence, acknowledgedBelow = 0 }: SessionSequence): void {
  if (!isPositiveInteger(id)) invalid(`a session's id is what openSession returned, not ${id}`)
  if (!isPositiveInteger(sequence)) invalid(`a sequence is an integer from 1 to 2^53 - 1, not ${sequence}`)
  if (!Number.isSafeInteger(acknowledgedBelow) || acknowledgedBelow < 0 || acknowledgedBelow > sequence)
    invalid(`acknowledgedBelow is an integer from 0 to the sequence, not ${acknowledgedBelow}`)
}

/** @throws RaftError ERR_INVALID_OPTION */
export function checkTtl(ttlMs: number): void {
  if (!isPositiveInteger(ttlMs) || ttlMs > SESSION_TTL_MS_MAX)
    invalid(`ttlMs is an integer from 1 to ${SESSION_TTL_MS_MAX}, not ${ttlMs}`)
}

function isPositiveInteger(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
