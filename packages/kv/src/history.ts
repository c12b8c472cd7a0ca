// The newest changes, as many as fit: what a watch can still be served.
import { type LogIndex, RaftError } from '@riverraft/core'
import type { KvValue } from './command.js'

/** A change of the store. Every change has the index of the command that made it; none shares its index. */
export type KvChange =
  | { readonly type: 'put'; readonly key: string; readonly value: KvValue; readonly index: LogIndex }
  | { readonly type: 'delete'; readonly key: string; readonly index: LogIndex }

export interface HistoryLimits {
  readonly changesMax: number
  readonly bytesMax: number
}

/** Somebody who has read everything and waits for more. */
export interface ChangeWaiter {
  /** The next change. Returns false to be asked no more. */
  offer(change: KvChange): boolean
  /** What comes next may be behind a gap: `seek` tells. Returns false to be asked no more. */
  restarted(): boolean
}

/** What a change weighs besides key and value. */
const CHANGE_BYTES = 64

export class ChangeHistory {
  readonly #limits: HistoryLimits
  readonly #waiters = new Set<ChangeWaiter>()
  /** Retained changes from #head on; what is before it was dropped and is cut off now and then. */
  #changes: KvChange[] = []
  #head = 0
  #bytes = 0
  /** Changes are counted: the position of the oldest retained one is the number of changes dropped. */
  #dropped = 0
  /** Everything from this index on is retained. */
  #floor: LogIndex = 1

  constructor(limits: HistoryLimits) {
    this.#limits = limits
  }

  /** Counts restarts: positions of an earlier one mean nothing. */
  epoch = 0

  /** The position the next change will have. */
  get end(): number {
    return this.#dropped + this.#changes.length - this.#head
  }

  push(change: KvChange): void {
    this.#changes.push(change)
    this.#bytes += weight(change)
    while (this.#isOver()) this.#drop()
    for (const waiter of this.#waiters) if (!waiter.offer(change)) this.#waiters.delete(waiter)
  }

  /** The store has jumped ahead: nothing of before is retained, only what comes from `floor` on. */
  restart(floor: LogIndex): void {
    this.#changes = []
    this.#head = 0
    this.#bytes = 0
    this.#dropped = 0
    this.#floor = floor
    this.epoch++
    for (const waiter of this.#waiters) if (!waiter.restarted()) this.#waiters.delete(waiter)
  }

  /**
   * The position of the first change at or after `index`.
   * @throws RaftError ERR_WATCH_COMPACTED
   */
  seek(index: LogIndex): number {
    if (index < this.#floor) throw this.#compacted(index)
    let low = this.#head
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#changes[middle]!.index < index) low = middle + 1
      else high = middle
    }
    return this.#dropped + low - this.#head
  }

  /**
   * The change at `position`, which is before `end`. `index`: what its reader waits for, for the message.
   * @throws RaftError ERR_WATCH_COMPACTED
   */
  at(position: number, index: LogIndex): KvChange {
    if (position < this.#dropped) throw this.#compacted(index)
    return this.#changes[this.#head + position - this.#dropped]!
  }

  wait(waiter: ChangeWaiter): void {
    this.#waiters.add(waiter)
  }

  leave(waiter: ChangeWaiter): void {
    this.#waiters.delete(waiter)
  }

  /** The newest change stays, however large: whoever waited for it must be able to read it. */
  #isOver(): boolean {
    const count = this.#changes.length - this.#head
    return count > 1 && (count > this.#limits.changesMax || this.#bytes > this.#limits.bytesMax)
  }

  #drop(): void {
    const oldest = this.#changes[this.#head]!
    this.#bytes -= weight(oldest)
    this.#floor = oldest.index + 1
    this.#dropped++
    this.#head++
    // Cutting off when half is dropped costs every change one move.
    if (this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head)
      this.#head = 0
    }
  }

  #compacted(index: LogIndex): RaftError {
    const message = `kv: changes from index ${index} on are no longer retained, only from ${this.#floor} on`
    return new RaftError('ERR_WATCH_COMPACTED', message)
  }
}

function weight(change: KvChange): number {
  return CHANGE_BYTES + change.key.length + (change.type === 'put' ? change.value.length : 0)
}
