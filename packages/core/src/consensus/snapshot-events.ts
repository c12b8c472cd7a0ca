// Raft §7: what happens to snapshots and to the log they replace.
import type { Configuration, LogIndex, NodeId, Term } from './types.js'

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
}
