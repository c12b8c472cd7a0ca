// The Storage port: one replica's durable memory. What `write` has completed, a power failure leaves in place.
import type { HardState, LogIndex, NodeId, Run, Term } from '../consensus/types.js'
import type { EntryBlock } from '../wire/entry-block.js'
import type { Incarnation } from '../wire/hello.js'
import type { Member } from './transport.js'

/** Who opens the storage. An empty one is formatted with it; any other must have been formatted with the same ids. */
export interface StorageIdentity {
  readonly clusterId: string
  readonly nodeId: NodeId
  /** The initial members. Stored when formatting; a storage that has content ignores them and returns its own. */
  readonly members: readonly Member[]
  /** The incarnation to write when formatting: 16 hexadecimal digits, freshly random. */
  readonly incarnation: Incarnation
}

/** What the storage held when it was opened. */
export interface StoredState {
  /** True when this `open` formatted it. */
  readonly formatted: boolean
  readonly incarnation: Incarnation
  readonly members: readonly Member[]
  readonly hardState: HardState
  /**
   * The log from its first entry on, contiguous, terms not decreasing. Empty for an empty log. It begins at index 1, or
   * at most one after the snapshot's index.
   */
  readonly runs: readonly Run[]
  /**
   * The indexes of the log's membership entries (blocks with FLAG_MEMBERSHIP), rising. A storage that cannot tell leaves it
   * out: the node reads the whole log at start to find them.
   */
  readonly memberships?: readonly LogIndex[]
  /** The newest valid snapshot, undefined when there is none. */
  readonly snapshot: SnapshotMetadata | undefined
  /** Timestamp of the last block, 0 for an empty log. */
  readonly lastTimestamp: number
}

/** What a snapshot replaces: the log up to `index`. */
export interface SnapshotMetadata {
  readonly index: LogIndex
  readonly term: Term
  /** The members as of `index`. */
  readonly members: readonly Member[]
  /** Timestamp of the entry at `index`, so that time does not go back behind a compacted log. */
  readonly timestamp: number
}

/** A snapshot as it is read back: `content` can be iterated once, and fails with ERR_STORAGE_CORRUPT when damaged. */
export interface StoredSnapshot {
  readonly metadata: SnapshotMetadata
  readonly content: AsyncIterable<Uint8Array>
}

/** A block to store, of which the entries before `firstIndex` are already in the log and are skipped. */
export interface StoredBlock {
  readonly block: EntryBlock
  /** The first effective index: block.firstIndex <= firstIndex <= block.lastIndex. */
  readonly firstIndex: LogIndex
}

/** One atomic, durable step: first the truncation, then the blocks, and the hard state with them. */
export interface WriteBatch {
  readonly hardState: HardState | undefined
  /** Remove this index and everything after it. Always above what is committed. */
  readonly truncateFrom: LogIndex | undefined
  /** Contiguous, the first one right after the end of the (truncated) log. */
  readonly blocks: readonly StoredBlock[]
}

/**
 * Called once: without an error when the batch is durable, with one when it is not known to be. It may be called
 * before `write` returns.
 */
export type WriteCompleted = (error?: Error) => void

/**
 * Keeps one replica's hard state and log.
 *
 * - The node calls `open` once and first, then has at most one `write` in flight.
 * - After a failed write or sync the storage is poisoned: it never retries, every later call fails, the node stops.
 */
export interface Storage {
  /** For messages: 'memory', 'file', ... */
  readonly name: string
  /** False: everything is gone when the process ends. A node on such a storage cannot restart as the same member. */
  readonly durable: boolean
  /** @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_CORRUPT, ERR_STORAGE_LOCKED, ERR_STORAGE */
  open(identity: StorageIdentity): Promise<StoredState>
  /** Makes `batch` durable as a whole. Never throws: failures go to `completed`. */
  write(batch: WriteBatch, completed: WriteCompleted): void
  /**
   * Blocks from the one that holds `from` onward, contiguous, at most about `bytesMax` but at least one; blocks cut by
   * a truncation are re-framed. The first may begin before `from`. Only completed writes are read.
   */
  read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]>
  /**
   * Makes a snapshot durable as a whole; until it resolves, the one before it stands, also across a crash. At most two
   * are kept. It does not touch the log. A content that throws leaves nothing behind and rejects with what it threw.
   */
  saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void>
  /** The newest snapshot, undefined when there is none. Its metadata is verified, its content while it is read. */
  openSnapshot(): Promise<StoredSnapshot | undefined>
  /**
   * Forgets log entries up to `through`, at most up to the newest snapshot's index. Fewer may go: whole segments only.
   */
  compact(through: LogIndex): Promise<void>
  /** Idempotent. An unfinished write is completed or failed first. */
  close(): Promise<void>
}
