// What happened, in the past tense. `evolve` folds these into the state; nothing else changes it.
import type { FollowerLeft, MembershipChanged, RemovalCommitted } from './membership-events.js'
import type { LeaseReadAnswered, ReadQueued, ReadRoundStarted, ReadsAnswered } from './read-events.js'
import type {
  LogCompacted,
  SnapshotInstalled,
  SnapshotProgressed,
  SnapshotSendStarted,
  SnapshotStalled,
  SnapshotTaken,
} from './snapshot-events.js'
import type { HardState, LogIndex, Millis, NodeId, Run, SnapshotPoint, Term } from './types.js'
import type { RoundTripMeasured, WindowGrown, WindowShrunk } from './window-events.js'

export type * from './read-events.js'
export type * from './snapshot-events.js'
export type * from './window-events.js'

/** Crash recovery (§5.5): what storage returned. Always the first event. */
export interface Recovered {
  readonly type: 'Recovered'
  readonly at: Millis
  readonly hardState: HardState
  readonly runs: readonly Run[]
  readonly snapshot: SnapshotPoint
}

/** §5.1: a higher term was seen, or begun by this candidate. Always forgets votedFor, leader and role. */
export interface TermAdvanced {
  readonly type: 'TermAdvanced'
  readonly term: Term
}

/** §5.2: this server's one vote of the current term, to itself or another. */
export interface VoteGranted {
  readonly type: 'VoteGranted'
  readonly term: Term
  readonly candidate: NodeId
}

/** §5.2: a new randomised election timeout; `random` is the generator's next state. */
export interface ElectionTimeoutDrawn {
  readonly type: 'ElectionTimeoutDrawn'
  readonly timeoutMs: Millis
  readonly random: number
}

/** The election timer starts anew at `at`: contact with the leader, a vote granted, an election begun. */
export interface ElectionTimerReset {
  readonly type: 'ElectionTimerReset'
  readonly at: Millis
}

/**
 * 'quorum-lost' (thesis §6.2) and 'storage-stalled': a leader that cannot do its work steps down, in its term. 'removed'
 * (§6): it is no voter any more.
 */
export type BecameFollowerReason =
  | 'higher-term'
  | 'leader-found'
  | 'vote-granted'
  | 'quorum-lost'
  | 'storage-stalled'
  | 'removed'

export interface BecameFollower {
  readonly type: 'BecameFollower'
  readonly term: Term
  readonly reason: BecameFollowerReason
}

/** Thesis §9.6: it has heard no leader, and asks whether an election could be won. The term stays. */
export interface BecamePreCandidate {
  readonly type: 'BecamePreCandidate'
  readonly term: Term
}

export interface BecameCandidate {
  readonly type: 'BecameCandidate'
  readonly term: Term
}

/** §5.2: elected by a quorum. `firstIndex` is where the leader's own entries begin: its no-op (§8). */
export interface BecameLeader {
  readonly type: 'BecameLeader'
  readonly term: Term
  readonly firstIndex: LogIndex
  readonly at: Millis
}

/** Why a vote or a pre-vote was not given. */
export type VoteRefusal =
  | 'old-term'
  | 'leader-alive'
  | 'voted-for-another'
  | 'log-behind'
  | 'restarted'
  | 'knows-nobody'

/** This server did not give its (pre-)vote. */
export interface VoteRefused {
  readonly type: 'VoteRefused'
  readonly term: Term
  readonly candidate: NodeId
  readonly preVote: boolean
  readonly reason: VoteRefusal
}

/** A vote (or pre-vote) for or against this server has arrived, its own included. */
export interface VoteReceived {
  readonly type: 'VoteReceived'
  readonly term: Term
  readonly voter: NodeId
  readonly voteGranted: boolean
}

/** A follower (or candidate) has heard from the leader of its term for the first time. */
export interface LeaderRecognized {
  readonly type: 'LeaderRecognized'
  readonly term: Term
  readonly leader: NodeId
}

/** The present leader was heard from: the election timer starts anew, and nobody else gets a vote for a while. */
export interface LeaderContacted {
  readonly type: 'LeaderContacted'
  readonly at: Millis
}

/**
 * The wake-up came much later than asked for: this process, not the others, was silent. What they sent meanwhile is
 * heard before anybody is judged.
 */
export interface TickWasLate {
  readonly type: 'TickWasLate'
  readonly at: Millis
  readonly lateMs: Millis
}

/** Thesis §3.10: this leader hands over to `to`, and takes no more requests meanwhile. */
export interface TransferStarted {
  readonly type: 'TransferStarted'
  readonly to: NodeId
  readonly deadline: Millis
}

/** TimeoutNow left: until the term ends this leader reads by no lease any more. */
export interface TimeoutNowSent {
  readonly type: 'TimeoutNowSent'
  readonly to: NodeId
}

/** `to` did not take over in time: this leader goes on. */
export interface TransferAborted {
  readonly type: 'TransferAborted'
  readonly to: NodeId
}

/** §5.3: entries stand at the end of this server's log; durable once the write that carries them completes. */
export interface EntriesAppended {
  readonly type: 'EntriesAppended'
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly term: Term
}

/** §5.3: a conflict with the leader's log: `fromIndex` and everything after it is gone. */
export interface LogTruncated {
  readonly type: 'LogTruncated'
  readonly fromIndex: LogIndex
}

/** A write left for storage: it makes the log up to `lastIndex` durable, and the hard state when it carries it. */
export interface WriteStarted {
  readonly type: 'WriteStarted'
  readonly write: number
  readonly lastIndex: LogIndex
  readonly hardState: boolean
  readonly at: Millis
}

/** All writes up to this number are durable. */
export interface WritesPersisted {
  readonly type: 'WritesPersisted'
  readonly write: number
}

export interface CommitAdvanced {
  readonly type: 'CommitAdvanced'
  readonly commitIndex: LogIndex
  readonly term: Term
}

export interface AppliedAdvanced {
  readonly type: 'AppliedAdvanced'
  readonly lastApplied: LogIndex
}

/** A leader sent a follower an AppendEntries; with entries it is in flight until acknowledged. */
export interface AppendSent {
  readonly type: 'AppendSent'
  readonly to: NodeId
  readonly prevLogIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly bytes: number
  readonly commitIndex: LogIndex
  readonly at: Millis
}

/** A follower's log is durable and equal to this leader's up to matchIndex. */
export interface FollowerMatched {
  readonly type: 'FollowerMatched'
  readonly follower: NodeId
  readonly matchIndex: LogIndex
}

/** Something of the current term arrived from a follower. */
export interface FollowerContacted {
  readonly type: 'FollowerContacted'
  readonly follower: NodeId
  readonly round: number
  readonly at: Millis
}

/** A follower's log lacks what was sent, or its connection broke: find the place again from nextIndex. */
export interface FollowerProbed {
  readonly type: 'FollowerProbed'
  readonly follower: NodeId
  readonly nextIndex: LogIndex
}

/** A round of heartbeats left: the timer fired, or reads wait to have leadership confirmed. */
export interface HeartbeatSent {
  readonly type: 'HeartbeatSent'
  readonly at: Millis
  readonly round: number
}

/** The runtime was asked to wake consensus at `at`. */
export interface WakeScheduled {
  readonly type: 'WakeScheduled'
  readonly at: Millis
}

export type ConsensusEvent =
  | Recovered
  | TermAdvanced
  | VoteGranted
  | ElectionTimeoutDrawn
  | ElectionTimerReset
  | BecameFollower
  | BecamePreCandidate
  | BecameCandidate
  | BecameLeader
  | VoteReceived
  | VoteRefused
  | LeaderRecognized
  | LeaderContacted
  | TickWasLate
  | TransferStarted
  | TimeoutNowSent
  | TransferAborted
  | EntriesAppended
  | LogTruncated
  | MembershipChanged
  | RemovalCommitted
  | FollowerLeft
  | WriteStarted
  | WritesPersisted
  | CommitAdvanced
  | AppliedAdvanced
  | SnapshotTaken
  | SnapshotInstalled
  | LogCompacted
  | SnapshotSendStarted
  | SnapshotProgressed
  | SnapshotStalled
  | AppendSent
  | FollowerMatched
  | RoundTripMeasured
  | WindowGrown
  | WindowShrunk
  | FollowerContacted
  | FollowerProbed
  | HeartbeatSent
  | ReadRoundStarted
  | ReadQueued
  | ReadsAnswered
  | LeaseReadAnswered
  | WakeScheduled
