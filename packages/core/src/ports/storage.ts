// The Storage port: one replica's durable memory. What `write` has completed, a power failure leaves in place.
// What can be seen of it from outside is tried by the suite in @riverraft/conformance/storage.
import type { HardState, LogIndex, NodeId, Run, Term } from '../consensus/types.js'
import type { EntryBlock } from '../wire/entry-block.js'
import type { Incarnation } from '../wire/hello.js'
import type { Member } from './transport.js'

/** Who opens the storage. An empty one is formatted with it; any other must have been formatted with the same ids. */
export interface StorageIdentity {
  readonly clusterId: string
  readonly nodeId: NodeId
  /** The initial members. Stored as they are, when formatting; a storage that has content ignores them and returns its own. */
  readonly members: readonly Member[]
  /** The incarnation to write when formatting: 16 hexadecimal digits, freshly random. */
  readonly incarnation: Incarnation
  /** The cluster generation to write when formatting: 0, the default, unless the cluster was recovered from a lost quorum. */
  readonly generation?: number
  /**
   * True: an empty storage is not formatted; `open` fails with ERR_STORAGE_EMPTY, changes nothing, and can be called again. For who
   * looks for a certain one, or has yet to learn with what to format it.
   */
  readonly mustExist?: boolean
}

/** What the storage held when it was opened: all of it is durable, also what no `write` had completed. */
export interface StoredState {
  /** True when this `open` formatted it. */
  readonly formatted: boolean
  readonly incarnation: Incarnation
  readonly members: readonly Member[]
  readonly hardState: HardState
  /**
   * Rises with every recovery of the cluster from a lost quorum: an integer, written when formatting and by the batch that
   * said another one last.
   */
  readonly generation: number
  /**
   * The log from its first entry on, contiguous, terms increasing. Empty for an empty log. It begins at index 1, or
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

/** What a snapshot replaces: the log up to `index`. A storage keeps all of it, and returns it as it was given. */
export interface SnapshotMetadata {
  /** The last entry that it replaces: `lastIncludedIndex` of the paper (§7). */
  readonly index: LogIndex
  /** The term of that entry: `lastIncludedTerm`. */
  readonly term: Term
  /** The configuration in force as of `index`. */
  readonly members: readonly Member[]
  /** Timestamp of the entry at `index`, so that time does not go back behind a compacted log. */
  readonly timestamp: number
}

/** A snapshot as it is read back. */
export interface StoredSnapshot {
  readonly metadata: SnapshotMetadata
  /**
   * The bytes that were saved, in chunks of the storage's own choosing. It can be iterated once; leaving the iteration
   * early frees what it holds.
   *
   * - It fails with ERR_STORAGE_CORRUPT where it is damaged: no wrong byte is given out.
   * - It can be read to its end although newer snapshots are saved meanwhile, until two are: then it may fail with
   *   ERR_STORAGE.
   * - Once the storage is closed or poisoned, its next chunk fails with ERR_STORAGE. `close` does not wait for it.
   */
  readonly content: AsyncIterable<Uint8Array>
}

/** An entry, by its index and term. */
export interface LogPosition {
  readonly index: LogIndex
  readonly term: Term
}

/** A block to store, of which the entries before `firstIndex` are already in the log and are skipped. */
export interface StoredBlock {
  readonly block: EntryBlock
  /** The first effective index: block.firstIndex <= firstIndex <= block.lastIndex. */
  readonly firstIndex: LogIndex
}

/** One atomic, durable step: first the truncation or the restart, then the blocks, and hard state and generation with them. */
export interface WriteBatch {
  /** Undefined: it stays as it is. A `votedFor` of undefined takes the vote back. */
  readonly hardState: HardState | undefined
  /**
   * Undefined, as in every batch but that of a recovery: it stays as it is. Else above the stored one: whoever writes it has to
   * see to that (`recoverCluster` does), a storage keeps what it is told.
   */
  readonly generation?: number | undefined
  /** Remove this index and everything after it: within the log or right behind its end, above what is committed. */
  readonly truncateFrom: LogIndex | undefined
  /**
   * Undefined: the log goes on. Else it restarts behind this entry, the last one of a snapshot that was saved (paper §7: "discard
   * the entire log"): everything that was in the log goes with this batch, wherever the truncation pointed, and the log
   * begins with these blocks, of which there is at least one. The newest snapshot may be a later one by then.
   */
  readonly restartBehind?: LogPosition | undefined
  /** Contiguous, the first one right after the end of the (truncated) log; terms do not go back, also from there. */
  readonly blocks: readonly StoredBlock[]
}

/**
 * Called once: without an error when the batch is durable, with ERR_STORAGE (or ERR_STORAGE_LOCKED, when somebody else has
 * taken the storage over) when it is not known to be. It may be called before `write` returns. It must not throw.
 */
export type WriteCompleted = (error?: Error) => void

/**
 * Keeps one replica's hard state, log and snapshots.
 *
 * - The node calls `open` first, successfully once, then has at most one `write` in flight. Everything else may run beside a write
 *   and beside each other.
 * - After a failed write, sync or removal the storage is **poisoned**: it never retries, and every later call fails with
 *   that error, `open` of the same instance too. A batch that does not fit the log is such a failure: node and storage no
 *   longer agree. What was completed stays, for another instance.
 * - Before `open` and after `close` every call but these two fails with ERR_STORAGE.
 */
export interface Storage {
  /** For messages: 'memory', 'file', ... */
  readonly name: string
  /** False: everything is gone when it is closed. A node on such a storage cannot restart as the same member. */
  readonly durable: boolean
  /**
   * Formats an empty storage, unless it must exist; of any other returns what it holds. One that fails changes nothing and holds nothing.
   *
   * - One opener at a time: while it is open, `open` of the same instance fails with ERR_STORAGE_LOCKED. Of two instances
   *   on the same place either the second `open` fails so, or from then on every call of the first one that changes
   *   anything.
   * - If the log lacks the last entry of the newest valid snapshot (its index with its term), the whole log is dropped and
   *   goes on behind the snapshot; otherwise all of it that is still there is kept.
   * - A damaged snapshot may be passed over for an older one, or none, when the log still has everything from there up to
   *   the damaged one's last entry. Otherwise, and for any other damage: ERR_STORAGE_CORRUPT, and nothing is deleted.
   *
   * @throws RaftError ERR_STORAGE_IDENTITY, ERR_STORAGE_EMPTY, ERR_STORAGE_CORRUPT, ERR_STORAGE_LOCKED, ERR_STORAGE
   */
  open(identity: StorageIdentity): Promise<StoredState>
  /** Makes `batch` durable as a whole. Never throws: failures go to `completed`. */
  write(batch: WriteBatch, completed: WriteCompleted): void
  /**
   * Blocks from the one that holds `from` onward, contiguous, together at most `bytesMax` unless the first one alone is
   * larger. The first may begin before `from`. A block that was never cut has the very bytes that were written; one that
   * a truncation or a first effective index cut is re-framed. Empty where there is no entry: before the log's first and
   * behind its last one.
   *
   * It reads what is durable. Beside a write it shows the log before that write or after it, never a mixture.
   */
  read(from: LogIndex, bytesMax: number): Promise<readonly EntryBlock[]>
  /**
   * Makes a snapshot durable as a whole; until it resolves, the one before it stands, also across a crash. It does not
   * touch the log, and may be ahead of it.
   *
   * - One at a time: a second call waits until the first one has settled, before it asks for its content.
   * - Chunks may be of any size, also empty. They are copied: whoever made one may use its memory again when the next one
   *   is asked for.
   * - At most two are kept. One that ends before the newest one does not replace it, and need not be kept at all.
   * - A content that throws leaves nothing behind, and rejects with what it threw. The storage is as before.
   * - `close` ends it: the content is left (`return`), it leaves nothing behind and rejects with ERR_STORAGE, even if the
   *   next chunk never comes.
   */
  saveSnapshot(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<void>
  /** The newest snapshot, undefined when there is none. Its metadata is verified, its content while it is read. */
  openSnapshot(): Promise<StoredSnapshot | undefined>
  /**
   * Forgets log entries up to `through`, at most up to the newest snapshot's index: whole units of the storage's own
   * choosing, so fewer may go, or none. The log ends where it did.
   */
  compact(through: LogIndex): Promise<void>
  /**
   * Idempotent; resolves also when poisoned. A write in flight is completed or failed first; a snapshot that is being saved
   * is given up. When it has resolved, the place can be opened again.
   */
  close(): Promise<void>
}
