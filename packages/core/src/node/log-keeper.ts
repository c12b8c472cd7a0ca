// The bytes behind consensus' log: blocks are encoded or received here, cached, and written.
import type { Persist } from '../consensus/effects.js'
import type { LogIndex, Term } from '../consensus/types.js'
import type { Storage, StoredBlock } from '../ports/storage.js'
import { type EntryBlock, EntryKind, encodeBlock } from '../wire/entry-block.js'
import type { ProposedEntries } from '../wire/messages.js'
import { LogCache } from './log-cache.js'
import { LogWriter, type LogWriterEvents } from './log-writer.js'

const NO_PAYLOAD = new Uint8Array(0)

export class LogKeeper {
  readonly cache: LogCache
  readonly #writer: LogWriter
  readonly #wallClock: () => number
  #lastTimestamp: number
  /** The blocks behind the entries the present step appends: received with it, or encoded for it. */
  #newBlocks: readonly EntryBlock[] = []

  constructor(
    storage: Storage,
    cacheBytesMax: number,
    lastTimestamp: number,
    wallClock: () => number,
    events: LogWriterEvents,
  ) {
    this.cache = new LogCache(cacheBytesMax)
    this.#writer = new LogWriter(storage, events)
    this.#lastTimestamp = lastTimestamp
    this.#wallClock = wallClock
  }

  /** A step begins; these blocks came with its message. */
  beginStep(received: readonly EntryBlock[]): void {
    this.#newBlocks = received
  }

  /** A leader's own entries have their places: these, or its no-op. */
  encode(proposed: ProposedEntries | undefined, firstIndex: LogIndex, term: Term): void {
    const timestamp = Math.max(this.#wallClock(), this.#lastTimestamp)
    if (proposed === undefined) {
      const noop = { kind: EntryKind.Noop, payload: NO_PAYLOAD }
      this.#newBlocks = [encodeBlock({ firstIndex, term, timestamp }, [noop])]
    } else {
      const { kind, commands, sessionId, firstSequence, acknowledgedBelow } = proposed
      const entries = commands.map((payload) => ({ kind, payload }))
      const header = { firstIndex, term, timestamp, sessionId, firstSequence, acknowledgedBelow }
      this.#newBlocks = [encodeBlock(header, entries)]
    }
  }

  persist(persist: Persist): void {
    const { truncateFrom, appended } = persist
    if (truncateFrom !== undefined) this.cache.truncateFrom(truncateFrom)
    const blocks: StoredBlock[] = []
    for (const received of appended === undefined ? [] : this.#newBlocks) {
      if (received.lastIndex < appended!.firstIndex) continue
      const block = received.owned()
      const firstIndex = Math.max(block.firstIndex, appended!.firstIndex)
      this.cache.append(block, firstIndex)
      this.#lastTimestamp = Math.max(this.#lastTimestamp, block.timestamp)
      blocks.push({ block, firstIndex })
    }
    this.#writer.add(persist, blocks)
  }

  /** Starts the next write, unless one is in flight. */
  write(): void {
    this.#writer.start()
  }

  /** Resolves when no write is in flight; what waits is dropped. */
  stop(): Promise<void> {
    return this.#writer.stop()
  }
}
