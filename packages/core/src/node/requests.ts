// What every request is checked for before it is accepted.
import { RaftError } from '../ports/errors.js'
import type { CommandCodec } from '../ports/state-machine.js'
import type { ReadOptions } from './types.js'

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
  if (!Number.isSafeInteger(minIndex) || minIndex < 0) {
    throw new RaftError('ERR_INVALID_OPTION', `minIndex must be an index, not ${minIndex}`)
  }
  if (consistency !== 'linearizable' && consistency !== 'lease' && consistency !== 'local') {
    throw new RaftError('ERR_INVALID_OPTION', `unknown consistency ${String(consistency)}`)
  }
  return { consistency, minIndex }
}
