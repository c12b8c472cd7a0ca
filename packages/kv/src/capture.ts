// A view of the store as it was at one moment, while it goes on: nothing is copied but what is replaced before it was read.
import type { LogIndex } from '@riverraft/core'
import type { KvEntry } from './state.js'

/**
 * The map keeps its keys in the order of their createdIndex, because each command creates one key at most and one that
 * is deleted comes back at the end. So the index that was read last says what was read, and costs no memory.
 */
export class Capture {
  /** The last command that it has seen. */
  readonly index: LogIndex
  readonly size: number
  readonly #entries: ReadonlyMap<string, KvEntry>
  readonly #closed: (capture: Capture) => void
  /** What was replaced or removed since, and not read yet, by createdIndex. */
  readonly #kept = new Map<LogIndex, KvEntry>()
  #readTo: LogIndex = 0

  constructor(index: LogIndex, entries: ReadonlyMap<string, KvEntry>, closed: (capture: Capture) => void) {
    this.index = index
    this.size = entries.size
    this.#entries = entries
    this.#closed = closed
  }

  /** Entries that are kept for it alone. */
  get keptCount(): number {
    return this.#kept.size
  }

  /** `entry` is about to be replaced or removed. */
  keep(entry: KvEntry): void {
    const { createdIndex } = entry
    if (createdIndex <= this.#readTo || createdIndex > this.index || this.#kept.has(createdIndex)) return
    this.#kept.set(createdIndex, entry)
  }

  /** Every entry once: first those whose keys are still there, in the order of createdIndex. */
  *read(): Generator<KvEntry, void, undefined> {
    try {
      for (const entry of this.#entries.values()) {
        const { createdIndex } = entry
        if (createdIndex > this.index) break
        this.#readTo = createdIndex
        const before = this.#kept.get(createdIndex) ?? entry
        this.#kept.delete(createdIndex)
        yield before
      }
      this.#readTo = this.index
      yield* this.#kept.values()
    } finally {
      this.close()
    }
  }

  /** Nobody reads it any more. */
  close(): void {
    this.#kept.clear()
    this.#closed(this)
  }
}
