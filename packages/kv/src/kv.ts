// The store as its users see it: a node, with verbs.
import type { LogIndex, ReadOptions, Receipt, RequestOptions, Term } from '@riverraft/core'
import type { KvCommand, KvExpected, KvValue } from './command.js'
import type { KvEntry, KvResult, KvState } from './state.js'
import type { KvChange, KvWatch, WatchOptions } from './watch.js'

/** What a Kv needs of a node: a RaftNode whose state machine is `kv()`, or anything like one. */
export interface KvNode {
  /** Resolves when the node has stopped: then every watch ends. */
  readonly closed?: Promise<unknown>
  proposeWithReceipt(command: KvCommand, options?: RequestOptions): Promise<Receipt<KvResult>>
  read<T>(query: (state: KvState) => T, options?: ReadOptions): Promise<T>
}

/** Where a write came to stand in the log, for `minIndex` of a later read on any node. */
export interface KvWrite {
  readonly index: LogIndex
  readonly term: Term
}

type ResultOf<Type extends KvResult['type']> = Omit<Extract<KvResult, { type: Type }>, 'type'> & KvWrite

/** Errors of every method are those of the node: see its `propose` and `read`. */
export class Kv {
  readonly #node: KvNode
  readonly #closed = new AbortController()

  constructor(node: KvNode) {
    this.#node = node
    node.closed?.then(
      () => this.#closed.abort(),
      () => this.#closed.abort(),
    )
  }

  /** Linearizable unless the options say otherwise; `undefined`: no such key. */
  async get(key: string, options?: ReadOptions): Promise<KvEntry | undefined> {
    return owned(await this.#node.read((state) => state.get(key), options))
  }

  /** The keys that begin with `prefix`, and the index they are of: watch from the one after it to miss nothing. */
  async list(prefix = '', options?: ReadOptions): Promise<{ entries: KvEntry[]; index: LogIndex }> {
    const seen = await this.#node.read(
      (state) => ({ entries: state.list(prefix), index: state.index }),
      options,
    )
    return { entries: seen.entries.map((entry) => owned(entry)), index: seen.index }
  }

  /** @throws RaftError ERR_INVALID_COMMAND */
  async put(key: string, value: KvValue, options?: RequestOptions): Promise<ResultOf<'put'>> {
    return this.#write({ type: 'put', key, value }, options)
  }

  /** @throws RaftError ERR_INVALID_COMMAND */
  async delete(key: string, options?: RequestOptions): Promise<ResultOf<'delete'>> {
    return this.#write({ type: 'delete', key }, options)
  }

  /**
   * Sets the key, or deletes it (`value: null`), if it has the expected value, does not exist (`expected: null`), or
   * was last set at `expected.modifiedIndex`.
   * @throws RaftError ERR_INVALID_COMMAND
   */
  async cas(
    key: string,
    expected: KvExpected,
    value: KvValue | null,
    options?: RequestOptions,
  ): Promise<ResultOf<'cas'>> {
    const written = await this.#write({ type: 'cas', key, expected, value }, options)
    return { ...written, entry: owned(written.entry) }
  }

  /**
   * The changes that this node applies, from an index on: local, so possibly later than on other nodes, but each one
   * once, in order, without a gap. Begins with the call, not with the first `next`. Ends when the node stops.
   */
  watch(options: WatchOptions = {}): KvWatch {
    const closed = this.#closed.signal
    const signal = options.signal ? AbortSignal.any([options.signal, closed]) : closed
    const query = (state: KvState): KvWatch => state.watch({ ...options, signal })
    return opening(this.#node.read(query, { consistency: 'local' }))
  }

  async #write<C extends KvCommand>(command: C, options?: RequestOptions): Promise<ResultOf<C['type']>> {
    const { result, index, term } = await this.#node.proposeWithReceipt(command, options)
    const { type: _, ...rest } = result
    // A command is answered by the result of its own type: that is how `apply` is written.
    return { ...rest, index, term } as unknown as ResultOf<C['type']>
  }
}

/** A watch that can be read before it is there. */
function opening(opened: Promise<KvWatch>): KvWatch {
  // Reported by `next`; without one, nobody has asked.
  opened.catch(() => {})
  return {
    next: async () => {
      const result = await (await opened).next()
      return result.done ? result : { done: false, value: ownedChange(result.value) }
    },
    return: async () => (await opened).return(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Byte values are copied on the way out: writing to one must not change this replica alone. */
function owned<E extends KvEntry | undefined>(entry: E): E {
  return typeof entry?.value === 'object' ? { ...entry, value: entry.value.slice() } : entry
}

function ownedChange(change: KvChange): KvChange {
  if (change.type === 'delete' || typeof change.value === 'string') return change
  return { ...change, value: change.value.slice() }
}
