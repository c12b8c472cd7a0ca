// Raft Figure 2: "State". Rules read it; only `evolve` writes it.

import { isMember, membersOf } from './configuration.js'
import { Log } from './log.js'
import type {
  Configuration,
  ConfigurationEntry,
  ConsensusOptions,
  LogIndex,
  Millis,
  NodeId,
  SnapshotPoint,
  Term,
} from './types.js'
import type { Window } from './window.js'

/** An AppendEntries with entries that is on its way, or on its way to be acknowledged. */
export interface InFlight {
  readonly lastIndex: LogIndex
  readonly bytes: number
  readonly sentAt: Millis
  /** What the window had delivered when this left. */
  readonly deliveredBytes: number
}

/** How a follower gets on with the snapshot it is sent: while it does, the log behind that is kept for it (§7). */
export interface Install {
  /** The snapshot that it was last heard to receive, how much of it that was at most, and up to where it had room. */
  lastIncludedIndex: LogIndex
  nextOffset: number
  creditOffset: number
  /** When it last got further. */
  at: Millis
  /** False from when it has got no further for too long until it has stored more, or has one. */
  isWaitedFor: boolean
  /** How many it had too late, since one was in time: it is given twice as long after each. */
  lateCount: number
}

/** What a leader keeps about one follower (Figure 2, "Volatile state on leaders"). */
export interface Follower {
  /**
   * 'probe': one message at a time until the logs agree; 'replicate': pipelined; 'snapshot': it lacks entries that this
   * log has no more, and is sent a snapshot (§7).
   */
  state: 'probe' | 'replicate' | 'snapshot'
  /** Highest index known to be durable and equal there. Below nextIndex; never goes back within a term. */
  matchIndex: LogIndex
  /** The next index to send. In 'replicate' it runs ahead of what is acknowledged; in 'snapshot': behind the snapshot. */
  nextIndex: LogIndex
  /** AppendEntries with entries that are not acknowledged, oldest first. At most one in 'probe'. */
  inFlight: InFlight[]
  inFlightBytes: number
  /** How much of that is allowed. Begun anew with each probe. */
  window: Window
  install: Install
  /** The newest leadership-confirmation round it has answered (thesis §6.4). */
  ackedRound: number
  /** The commit index it was last told. */
  commitIndexSent: LogIndex
  /** When it last answered in this term. */
  contactAt: Millis | undefined
  /** Removed by the entry at `index` (§6). Told of the commit by heartbeats from `round` on, and waited for until then. */
  leaving:
    | { readonly index: LogIndex; told: { readonly round: number; readonly until: Millis } | undefined }
    | undefined
}

/** A read that waits for leadership to be confirmed. */
export interface PendingRead {
  readonly readId: number
  /** The asking node: this one or a follower. */
  readonly from: NodeId
}

/** Everything only a leader has. It is made at election and dies with the term. */
export interface LeaderState {
  readonly role: 'leader'
  /** All other members, and those that leave. */
  readonly followers: Map<NodeId, Follower>
  /** Where this leader's own entries begin: its no-op. Nothing is read before it is committed. */
  readonly firstIndex: LogIndex
  /** When it was elected, or last found that it had slept: nobody is judged by silence before that. */
  judgesFrom: Millis
  heartbeatAt: Millis
  /** The newest round of heartbeats begun; 0 before the first. Never reused within the term. */
  round: number
  /** When the rounds that a quorum has not all answered yet began, oldest first. */
  roundsSent: { readonly round: number; readonly at: Millis }[]
  /** How long the log was, over the last election timeout and a little more, oldest first: at least one. */
  growth: { readonly at: Millis; readonly lastIndex: LogIndex }[]
  /** The handing over that is under way. It has a deadline, and dies with the term (hashicorp/raft#696). */
  transfer: { readonly to: NodeId; readonly deadline: Millis; timeoutNowSent: boolean } | undefined
  /** A successor was told to campaign: whenever that arrives, no lease holds any more in this term. */
  leaseEnded: boolean
  /** The round that the reads under way wait for. */
  readRound: number
  /** The read index of that round: the commit index when it began. */
  readRoundIndex: LogIndex
  /** How many reads, from the front of the queue, wait for that round. 0: no round is under way. */
  readRoundCount: number
  reads: PendingRead[]
}

export interface CandidateState {
  readonly role: 'candidate'
  /** Answers of this term, its own vote included once that is durable. */
  readonly votes: Map<NodeId, boolean>
}

/** Thesis §9.6: asks whether an election could be won, in the term it has. */
export interface PreCandidateState {
  readonly role: 'pre-candidate'
  readonly votes: Map<NodeId, boolean>
}

export interface FollowerState {
  readonly role: 'follower'
  /** The leader of the current term, once it has been heard from. */
  leaderId: NodeId | undefined
}

/** Writes on their way to storage: what is durable is never more than what they say. */
export interface Writes {
  /** Number of the last write that left. */
  started: number
  /** All writes up to this number are durable. */
  persisted: number
  /** The last write that carried the current hard state. */
  hardState: number
  /** The log is durable up to here; at most its last index. */
  durableIndex: LogIndex
  /** Unfinished writes, and how much of the present log is durable once each completes. */
  inFlight: { write: number; lastIndex: LogIndex; readonly at: Millis }[]
}

export interface State {
  readonly id: NodeId
  readonly options: ConsensusOptions
  /** The configuration in force: the last one of `configurations`. */
  configuration: Configuration
  /** The newest configuration that is applied, from the log or a snapshot, then all behind it; indexes rise. Never empty. */
  configurations: ConfigurationEntry[]

  /** Latest term this server has seen. Never goes back; durable before anything of the term is promised. */
  currentTerm: Term
  /** Who got this server's vote of currentTerm. Changes only with the term once it is set. */
  votedFor: NodeId | undefined
  readonly log: Log

  /** The newest durable snapshot. The log begins right behind it or before it; lastIncludedIndex <= lastApplied. */
  snapshot: SnapshotPoint

  /** Highest index known to be committed. Never goes back; lastApplied <= commitIndex <= log.lastIndex. */
  commitIndex: LogIndex
  lastApplied: LogIndex

  role: FollowerState | PreCandidateState | CandidateState | LeaderState
  writes: Writes

  /** When a leader was last heard from, whatever its term: a lease may rest on it. */
  leaderContactAt: Millis
  /** With leases: nobody gets a vote before this, because what was promised before the restart is not known. */
  votesFrom: Millis
  /** When a wake-up last came much too late. */
  lateAt: Millis

  /** The election timer: fires timeoutMs after startedAt. */
  electionTimer: { startedAt: Millis; timeoutMs: Millis }
  random: number
  /** The wake-up that was last asked for. */
  wakeAt: Millis
}

/** A server before Recover. `seed` decides its election timeouts. */
export function initialState(id: NodeId, options: ConsensusOptions, seed: number): State {
  return {
    id,
    options,
    configuration: { voters: [] },
    configurations: [{ index: 0, configuration: { voters: [] } }],
    currentTerm: 0,
    votedFor: undefined,
    log: new Log(),
    snapshot: { lastIncludedIndex: 0, lastIncludedTerm: 0, configuration: { voters: [] } },
    commitIndex: 0,
    lastApplied: 0,
    role: { role: 'follower', leaderId: undefined },
    leaderContactAt: Number.NEGATIVE_INFINITY,
    votesFrom: Number.NEGATIVE_INFINITY,
    lateAt: Number.NEGATIVE_INFINITY,
    writes: { started: 0, persisted: 0, hardState: 0, durableIndex: 0, inFlight: [] },
    electionTimer: { startedAt: 0, timeoutMs: options.electionTimeoutMsMax },
    random: seed | 0,
    wakeAt: Number.POSITIVE_INFINITY,
  }
}

/** The leader of the current term as far as this server knows. */
export function leaderOf(state: State): NodeId | undefined {
  if (state.role.role === 'leader') return state.id
  return state.role.role === 'follower' ? state.role.leaderId : undefined
}

/** The members besides this server. */
export function* peersOf(state: State): Generator<NodeId> {
  for (const member of membersOf(state.configuration)) if (member !== state.id) yield member
}

/**
 * A server that leaves is sent nothing beyond the entry that removed it, and no commit index beyond it: when it has
 * both, it knows that it is out and that no later entry takes it back.
 */
export function lastIndexFor({ leaving }: Follower, lastIndex: LogIndex): LogIndex {
  return leaving === undefined ? lastIndex : Math.min(leaving.index, lastIndex)
}

/**
 * What a follower may be told of the commit index: nothing, while that is an entry that leaves out a member of now. It or one
 * before it may be what once removed this member, which would take itself for removed; what makes it a member again is not
 * committed yet, as far as this leader knows.
 */
export function commitIndexFor(state: State, to: NodeId, follower: Follower): LogIndex {
  const commitIndex = lastIndexFor(follower, state.commitIndex)
  if (commitIndex === 0 || follower.leaving !== undefined) return commitIndex
  const leavesOut = state.configurations.some(
    ({ index, configuration }) => index === commitIndex && !isMember(configuration, to),
  )
  return leavesOut ? 0 : commitIndex
}
