// Raft Figure 2: the RPCs, as one-way messages. A reply is a message too; nothing here waits.
import type { LogIndex, Run, Term } from './types.js'

/** §5.2: a candidate asks for a vote. The sender is the candidate. */
export interface RequestVote {
  readonly type: 'RequestVote'
  readonly term: Term
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
  /** Thesis §4.2.3: caused by TimeoutNow, so that voters need not wait for the leader to fall silent. */
  readonly transfer: boolean
}

export interface RequestVoteReply {
  readonly type: 'RequestVoteReply'
  /** The voter's term, for the candidate to update itself. */
  readonly term: Term
  readonly voteGranted: boolean
}

/** Thesis §9.6: would you vote for me in the term after mine? Neither term nor vote changes. */
export interface PreVote {
  readonly type: 'PreVote'
  /** The sender's present term: it would campaign in the next one. */
  readonly term: Term
  readonly lastLogIndex: LogIndex
  readonly lastLogTerm: Term
}

export interface PreVoteReply {
  readonly type: 'PreVoteReply'
  /** The voter's term, for the asking server to update itself. */
  readonly term: Term
  /** The term of the PreVote this answers. */
  readonly askedTerm: Term
  readonly voteGranted: boolean
}

/** Thesis §3.10: the leader asks its successor to campaign at once. */
export interface TimeoutNow {
  readonly type: 'TimeoutNow'
  readonly term: Term
}

/** §5.3: the leader replicates entries; without entries it is the heartbeat. The sender is the leader. */
export interface AppendEntries {
  readonly type: 'AppendEntries'
  readonly term: Term
  readonly prevLogIndex: LogIndex
  readonly prevLogTerm: Term
  /** The entries after prevLogIndex: contiguous, terms not decreasing, empty in a heartbeat. */
  readonly entries: readonly Run[]
  readonly leaderCommit: LogIndex
  /** Thesis §6.4: the newest round of heartbeats begun when this left; never reused in a term. */
  readonly round: number
}

export interface AppendEntriesReply {
  readonly type: 'AppendEntriesReply'
  readonly term: Term
  readonly success: boolean
  /** On success: the follower's log is durable and equal to the leader's up to here. */
  readonly matchIndex: LogIndex
  /** On a conflict (§5.3, the back-off by term): the prevLogIndex that was refused. */
  readonly rejectedIndex: LogIndex
  /** On a conflict: the last index the follower could agree on, and the term of its entry there. */
  readonly hintIndex: LogIndex
  readonly hintTerm: Term
  /** The round of the AppendEntries this answers. */
  readonly round: number
}

/**
 * §7: the leader sends a part of its snapshot to a follower that lacks entries which the leader has discarded. Without
 * bytes it asks how far the follower is. The sender is the leader.
 */
export interface InstallSnapshot {
  readonly type: 'InstallSnapshot'
  readonly term: Term
  /** "the snapshot replaces all entries up through and including this index". */
  readonly lastIncludedIndex: LogIndex
  readonly lastIncludedTerm: Term
  /** "byte offset where chunk is positioned". */
  readonly offset: number
  /** Bytes of the whole content: the chunk that reaches it is the last one. */
  readonly totalBytes: number
}

export interface InstallSnapshotReply {
  readonly type: 'InstallSnapshotReply'
  readonly term: Term
  /** The snapshot it answers for. */
  readonly lastIncludedIndex: LogIndex
  /** Above 0: the follower's durable state is that of the leader up to here, and no more of the snapshot is wanted. */
  readonly matchIndex: LogIndex
  /** Bytes received without a gap: where the leader is to go on. */
  readonly nextOffset: number
  /** The follower has room for the bytes before this offset: more must not be sent. */
  readonly creditOffset: number
}

/** Thesis §6.4: a follower asks the leader for a read index on behalf of its clients. */
export interface ReadIndexRequest {
  readonly type: 'ReadIndexRequest'
  readonly term: Term
  /** Never used before by this node, by an earlier process of it neither: an answer to an old read is a stale one. */
  readonly readId: number
  /** Thesis §6.4.1: the leader's lease is good enough, if it holds one. */
  readonly lease: boolean
}

export interface ReadIndexReply {
  readonly type: 'ReadIndexReply'
  readonly term: Term
  readonly readId: number
  /** False: not the leader (any more); ask again elsewhere, under a new id. */
  readonly confirmed: boolean
  readonly readIndex: LogIndex
}

/** What consensus says to another server. Terms are part of every message (§5.1). */
export type Message =
  | RequestVote
  | RequestVoteReply
  | PreVote
  | PreVoteReply
  | TimeoutNow
  | AppendEntries
  | AppendEntriesReply
  | InstallSnapshot
  | InstallSnapshotReply
  | ReadIndexRequest
  | ReadIndexReply
