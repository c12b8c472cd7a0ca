import type { Receipt, StateMachine, StateMachineFactory } from '@riverraft/core'
import {
  type KvChange,
  type KvCommand,
  type KvNode,
  type KvResult,
  type KvState,
  type KvWatch,
  kv,
} from '../src/index.js'

/** A log and one replica of it: commands take the way through their bytes, as they would between nodes. */
export class Replica implements KvNode {
  readonly factory: StateMachineFactory<KvCommand, KvResult, KvState>
  readonly machine: StateMachine<KvCommand, KvResult, KvState>
  readonly log: Uint8Array[] = []
  index = 0

  constructor(factory: StateMachineFactory<KvCommand, KvResult, KvState> = kv()) {
    this.factory = factory
    this.machine = factory.create()
  }

  get state(): KvState {
    return this.machine.state
  }

  apply(bytes: Uint8Array): KvResult {
    this.log.push(bytes)
    const context = { index: ++this.index, term: 2, timestamp: 0, session: undefined }
    return this.machine.apply(this.factory.codec.decode(bytes), context)
  }

  /** An entry that is no command, as a new leader's no-op: it takes an index. */
  noop(): void {
    this.index++
  }

  async proposeWithReceipt(command: KvCommand): Promise<Receipt<KvResult>> {
    const result = this.apply(this.factory.codec.encode(command))
    return { result, index: this.index, term: 2 }
  }

  async read<T>(query: (state: KvState) => T): Promise<T> {
    return query(this.state)
  }
}

/** The next `count` changes. */
export async function take(watch: KvWatch, count: number): Promise<KvChange[]> {
  const changes: KvChange[] = []
  for (let i = 0; i < count; i++) {
    const { done, value } = await watch.next()
    if (done) throw new Error(`the watch ended after ${i} changes`)
    changes.push(value)
  }
  return changes
}

/** Changes in a few characters: `put a=1 @5`. */
export function brief(changes: readonly KvChange[]): string[] {
  return changes.map((change) => {
    const value = change.type === 'put' ? `=${change.value}` : ''
    return `${change.type} ${change.key}${value} @${change.index}`
  })
}
