// The bytes behind consensus' log: blocks are encoded or received here, cached, and written.
import type { Persist } from '../consensus/effects.js'
import type { Input } from '../consensus/inputs.js'
import type { LogIndex, Term } from '../consensus/types.js'
import type { LogPosition, Storage, StoredBlock } from '../ports/storage.js'
import type { Member } from '../ports/transport.js'
import { type EntryBlock, EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../wire/entry-block.js'
import { encodeMembers } from '../wire/membership-entry.js'
import type { ProposedEntries } from '../wire/messages.js'
import { LogCache } from './log-cache.js'
import { LogWriter, type LogWriterEvents } from './log-writer.js'

const NO_PAYLOAD = new Uint8Array(0)

export interface LogKeeperLimits {
  readonly logCacheBytesMax: number
  /** Received bytes that may wait for the disk. */
  readonly uncommittedBytesMax: number
}

export class LogKeeper {
  readonly cache: LogCache
  readonly #writer: LogWriter
  readonly #limits: LogKeeperLimits
  readonly #wallClock: () => number
  #lastTimestamp: number
  /** The blocks behind the entries the present step appends: received with it, or encoded for it. */
  #newBlocks: readonly EntryBlock[] = []
  /** The next entries begin the log anew behind this one. */
  #restartBehind: LogPosition | undefined

  constructor(
    storage: Storage,
    limits: LogKeeperLimits,
    lastTimestamp: number,
    wallClock: () => number,
    events: LogWriterEvents,
  ) {
    this.cache = new LogCache(limits.logCacheBytesMax)
    this.#writer = new LogWriter(storage, events)
    this.#limits = limits
    this.#lastTimestamp = lastTimestamp
    this.#wallClock = wallClock
  }

  /**
   * A step begins, with the blocks that came with its message. False: it must not be taken. While too much waits for the
   * disk, entries count as lost on their way: the next heartbeat shows the gap, and the leader sends again, at the pace
   * of its heartbeats.
   */
  beginStep(input: Input): boolean {
    this.#newBlocks = []
    if (input.type !== 'Receive' || input.message.type !== 'AppendEntries') return true
    // The runs that a node receives are blocks.
    this.#newBlocks = input.message.entries as readonly EntryBlock[]
    return this.#newBlocks.length === 0 || this.#writer.unwrittenBytes < this.#limits.uncommittedBytesMax
  }

  /** A leader's own entries have their places: these, or its no-op. */
  encode(proposed: ProposedEntries | undefined, firstIndex: LogIndex, term: Term): void {
    const timestamp = this.#timestamp()
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

  /** A leader's membership entry has its place. */
  encodeMembership(members: readonly Member[], firstIndex: LogIndex, term: Term): void {
    const header = { firstIndex, term, timestamp: this.#timestamp(), flags: FLAG_MEMBERSHIP }
    const entry = { kind: EntryKind.Membership, payload: encodeMembers(members) }
    this.#newBlocks = [encodeBlock(header, [entry])]
  }

  /** Of a membership entry that the present step appended. */
  membersAt(index: LogIndex): readonly Member[] | undefined {
    return this.#newBlocks.find(({ lastIndex, members }) => lastIndex === index && members !== undefined)
      ?.members
  }

  #timestamp(): number {
    return Math.max(this.#wallClock(), this.#lastTimestamp)
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
    if (blocks.length === 0) return this.#writer.add(persist, blocks)
    this.#writer.add(persist, blocks, this.#restartBehind)
    this.#restartBehind = undefined
  }

  /** §7, "discard the entire log": it goes on behind an entry that a snapshot replaces. */
  restart({ index, term }: LogPosition): void {
    this.cache.clear()
    this.#restartBehind = { index, term }
  }

  /** Storage may forget entries up to `through`. */
  forget(through: LogIndex): void {
    this.#writer.forget(through)
  }

  /** Entries before this time are not known of: a snapshot replaces them. */
  notBefore(timestamp: number): void {
    this.#lastTimestamp = Math.max(this.#lastTimestamp, timestamp)
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
