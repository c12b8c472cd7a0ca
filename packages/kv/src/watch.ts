// A watch: every change from an index on, once, in order, without a gap. It reads the history and keeps nothing itself.
import { type LogIndex, RaftError } from '@riverraft/core'
import type { ChangeHistory, ChangeWaiter, KvChange } from './history.js'

export type { KvChange } from './history.js'

export interface WatchOptions {
  /** The first index of interest, at least 1; it may lie ahead. Default: after what is applied here now. */
  readonly fromIndex?: LogIndex
  /** Only keys that begin with it. */
  readonly prefix?: string
  /** Ends the watch, as if there were no more changes. */
  readonly signal?: AbortSignal
}

/**
 * Changes as they are applied on this node. Fails with ERR_WATCH_COMPACTED when the next change is no longer in the
 * history: asked for too late, or read too slowly.
 */
export interface KvWatch extends AsyncIterableIterator<KvChange> {
  return(): Promise<IteratorResult<KvChange>>
  [Symbol.asyncIterator](): KvWatch
}

interface Pending {
  resolve(result: IteratorResult<KvChange>): void
  reject(error: unknown): void
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined }

export class ChangeWatch implements KvWatch, ChangeWaiter {
  readonly #history: ChangeHistory
  readonly #prefix: string
  readonly #signal: AbortSignal | undefined
  readonly #pending: Pending[] = []
  /** Changes before it were seen, or are of no interest; so were indexes below #index. */
  #position: number
  #index: LogIndex
  #epoch: number
  #ended = false

  /** @throws RaftError ERR_WATCH_COMPACTED, ERR_INVALID_OPTION */
  constructor(history: ChangeHistory, nextIndex: LogIndex, options: WatchOptions) {
    this.#history = history
    this.#prefix = options.prefix ?? ''
    this.#signal = options.signal
    this.#index = options.fromIndex ?? nextIndex
    if (!(Number.isSafeInteger(this.#index) && this.#index >= 1)) {
      throw new RaftError('ERR_INVALID_OPTION', 'kv: fromIndex is an index of the log, 1 or more')
    }
    this.#position = history.seek(this.#index)
    this.#epoch = history.epoch
    if (this.#signal?.aborted) this.#end()
    else this.#signal?.addEventListener('abort', this.#end, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<KvChange>> {
    if (this.#ended) return DONE
    // Whoever asked before gets its change before.
    const change = this.#pending.length === 0 ? this.#read() : undefined
    if (change) return { done: false, value: change }
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject })
      this.#history.wait(this)
    })
  }

  async return(): Promise<IteratorResult<KvChange>> {
    this.#end()
    return DONE
  }

  /** Called while waiting only, so `change` is at #position. Skipping costs a waiting watch no place in the history. */
  offer(change: KvChange): boolean {
    this.#position++
    if (this.#wants(change)) {
      this.#index = change.index + 1
      this.#pending.shift()!.resolve({ done: false, value: change })
    }
    return this.#pending.length > 0
  }

  /** The first who waits is told of a gap, the others that there is no more. */
  restarted(): boolean {
    try {
      this.#follow()
    } catch (error) {
      this.#pending.shift()!.reject(error)
      this.#end()
    }
    return this.#pending.length > 0
  }

  /** The store may have jumped ahead. */
  #follow(): void {
    if (this.#epoch === this.#history.epoch) return
    this.#position = this.#history.seek(this.#index)
    this.#epoch = this.#history.epoch
  }

  #read(): KvChange | undefined {
    try {
      this.#follow()
      while (this.#position < this.#history.end) {
        const change = this.#history.at(this.#position++, this.#index)
        if (!this.#wants(change)) continue
        this.#index = change.index + 1
        return change
      }
      return undefined
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #wants(change: KvChange): boolean {
    return change.index >= this.#index && change.key.startsWith(this.#prefix)
  }

  readonly #end = (): void => {
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.#end)
    this.#history.leave(this)
    for (const { resolve } of this.#pending.splice(0)) resolve(DONE)
  }
}
