// The store as it was at one moment, read piece by piece while it changes: copy on write, of what changes only.
import type { LogIndex } from '@riverraft/core'
import type { KvEntry } from './state.js'

export class Capture {
  /** The last command that counts. */
  readonly index: LogIndex
  readonly #entries: ReadonlyMap<string, KvEntry>
  readonly #ended: () => void
  /** What has changed since: as it was. */
  readonly #before = new Map<string, KvEntry>()
  /** It is no longer told what changes. */
  #isOver = false

  constructor(entries: ReadonlyMap<string, KvEntry>, index: LogIndex, ended: () => void) {
    this.#entries = entries
    this.index = index
    this.#ended = ended
  }

  /** A key is about to be set or deleted. */
  changes(key: string, before: KvEntry | undefined): void {
    if (before !== undefined && before.modifiedIndex <= this.index && !this.#before.has(key))
      this.#before.set(key, before)
  }

  /** Every entry of that moment, in no order; one that changes meanwhile may come twice. */
  *entries(): Generator<KvEntry, void, undefined> {
    try {
      for (const entry of this.#entries.values()) {
        this.#check()
        if (entry.modifiedIndex <= this.index) yield entry
      }
      this.#check()
      const before = [...this.#before.values()]
      // From here on nothing that changes matters any more.
      this.end()
      yield* before
    } finally {
      this.end()
    }
  }

  #check(): void {
    if (this.#isOver)
      throw new Error('kv: another snapshot was begun, or restored, while this one was written')
  }

  end(): void {
    this.#isOver = true
    this.#ended()
  }
}
