// Raft §7: what happens to snapshots and to the log they replace.
import type { Configuration, LogIndex, Millis, NodeId, Term } from './types.js'

/** §7: a snapshot of this server's own state is durable. */
export interface SnapshotTaken {
  readonly type: 'SnapshotTaken'
  readonly lastIncludedIndex: LogIndex
  readonly lastIncludedTerm: Term
  readonly configuration: Configuration
}

/**
 * §7: the leader's snapshot is durable here and its state restored. `logKept`: this log has the snapshot's last entry, so
 * what follows it stays; otherwise all of the log is gone.
 */
export interface SnapshotInstalled {
  readonly type: 'SnapshotInstalled'
  readonly lastIncludedIndex: LogIndex
  readonly lastIncludedTerm: Term
  readonly configuration: Configuration
  readonly logKept: boolean
}

/** §7: the log up to `through` was discarded: a snapshot replaces it. */
export interface LogCompacted {
  readonly type: 'LogCompacted'
  readonly through: LogIndex
}

/** At a leader: the follower lacks entries that the log has no more, and is sent the snapshot that ends at this index. */
export interface SnapshotSendStarted {
  readonly type: 'SnapshotSendStarted'
  readonly to: NodeId
  readonly lastIncludedIndex: LogIndex
  readonly at: Millis
}

/** At a leader: the follower has more of the snapshot that it is sent than it ever had, or has begun with another one. */
export interface SnapshotProgressed {
  readonly type: 'SnapshotProgressed'
  readonly follower: NodeId
  readonly lastIncludedIndex: LogIndex
  /** Bytes of its content that have been received. */
  readonly nextOffset: number
  /** The byte up to which there is room: it rises as more is stored. */
  readonly creditOffset: number
  readonly at: Millis
}

/**
 * At a leader: the follower answers and has got no further with its snapshot for too long. The log behind that is not kept
 * for it any more until it does: it may need another one.
 */
export interface SnapshotStalled {
  readonly type: 'SnapshotStalled'
  readonly follower: NodeId
  /** When it last got further. */
  readonly since: Millis
}
