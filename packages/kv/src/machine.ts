// The store as a state machine for a node.
import { RaftError, type StateMachineFactory } from '@riverraft/core'
import type { KvCommand } from './command.js'
import { commandCodec } from './command-codec.js'
import { captured, restore } from './snapshot.js'
import { type KvResult, type KvState, Store } from './state.js'

/** How much of its past a node remembers for watches. Of no consequence to what the replicas agree on. */
export interface KvOptions {
  /** Default 10,000. */
  readonly historyChangesMax?: number
  /** Default 16 MiB: keys, values and a constant per change. The newest change is always retained. */
  readonly historyBytesMax?: number
}

/** @throws RaftError ERR_INVALID_OPTION */
export function kv(options: KvOptions = {}): StateMachineFactory<KvCommand, KvResult, KvState> {
  const { historyChangesMax = 10_000, historyBytesMax = 16 * 1024 * 1024 } = options
  const limits = {
    changesMax: positive('historyChangesMax', historyChangesMax),
    bytesMax: positive('historyBytesMax', historyBytesMax),
  }
  return {
    codec: commandCodec,
    create: () => {
      const store = new Store(limits)
      return {
        state: store,
        apply: (command, { index }) => store.apply(command, index),
        snapshot: () => ({ content: captured(store), appliesWait: false }),
        restore: (content) => restore(store, content),
      }
    },
  }
}

function positive(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new RaftError('ERR_INVALID_OPTION', `kv: ${name} is a whole number, 1 or more`)
}
