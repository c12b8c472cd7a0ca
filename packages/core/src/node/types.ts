// The public shapes of a node: what it is started with, what it answers, what it reports.
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StateMachineFactory } from '../ports/state-machine.js'
import type { Storage } from '../ports/storage.js'
import type { Member, Transport } from '../ports/transport.js'
import type { JoinOptions } from './joining/types.js'

export type { JoinRole } from '../wire/join-content.js'
export type { JoinOptions } from './joining/types.js'
export type { Membership, MembershipChange } from './membership/types.js'
export type * from './node-event.js'
export type * from './status-types.js'

/** Times and limits, all optional: the defaults suit a local network. Times must be the same on all members. */
export interface NodeLimits {
  /** Default 50. */
  readonly heartbeatMs?: number
  /** Default 150 (Raft §9.3). At least twice the heartbeat. */
  readonly electionTimeoutMsMin?: number
  /** Default 300. Above the minimum. */
  readonly electionTimeoutMsMax?: number
  /** Default 1 MiB: the largest AppendEntries; a command must fit into half of it. */
  readonly messageBytesMax?: number
  /**
   * Default 4 MiB: unacknowledged entry bytes on the way to one follower. The window adapts below it to what the path and
   * the follower keep up with.
   */
  readonly inFlightBytesMax?: number
  /** Default 256: unacknowledged messages with entries on the way to one follower. */
  readonly inFlightMessagesMax?: number
  /** Default 65,536: proposals accepted and not yet answered. Beyond it: ERR_OVERLOADED. */
  readonly pendingProposalsMax?: number
  /** Default 64 MiB: encoded bytes of those proposals. Beyond it: ERR_OVERLOADED. */
  readonly pendingBytesMax?: number
  /**
   * Default 64 MiB: what a leader has appended in its term and not yet committed, made durable on its own disk and
   * applied, and what a follower has received and not yet made durable. One more block may pass it. Beyond it: a leader
   * appends nothing (forwarded proposals: ERR_OVERLOADED), a follower takes no more entries. As entries:
   * pendingProposalsMax.
   */
  readonly uncommittedBytesMax?: number
  /** Default 10,000: reads waiting. Beyond it: ERR_OVERLOADED. */
  readonly pendingReadsMax?: number
  /** Default 10,000: committed entries a follower may lack before FollowerLagging is told. */
  readonly followerLagEntriesMax?: number
  /** Default 64 MiB: recent blocks kept in memory for followers and for apply. */
  readonly logCacheBytesMax?: number
  /** Default 1,000: a leader whose write takes longer than this steps down, so that one with a working disk can lead. */
  readonly storageStallMsMax?: number
  /** Default 5,000: how long `propose` and `read` wait when they are given no timeout of their own. */
  readonly requestTimeoutMs?: number
  /** Default 3,600,000, one hour: how long a session of this node outlives its last command, by the entries' time. */
  readonly sessionTtlMs?: number
  /**
   * Default 256 MiB and 4: a snapshot is taken when more log than this, and more than this many times the last snapshot,
   * has been applied since the last one.
   */
  readonly snapshotLogBytesMin?: number
  readonly snapshotLogFactor?: number
  /** Default 30,000: between two snapshots that nobody has asked for. */
  readonly snapshotIntervalMsMin?: number
  /** Default 64 MiB: log kept behind a snapshot, so that followers a little behind need not be sent all of the state. */
  readonly snapshotTrailingBytes?: number
  /** Default 1 MiB, at most 4 MiB: the largest piece a snapshot is sent in; a slower link gets smaller ones. */
  readonly snapshotChunkBytes?: number
  /**
   * Default 32: nodes that ask to be let in, at once: as many that have proved nothing (beyond it the oldest is hung up on), and
   * as many that wait (beyond it: told to ask again).
   */
  readonly joinDialoguesMax?: number
  /**
   * Default 30: wrong proofs of the cluster's secret in a minute, a third of them from one address or identity. Beyond it:
   * 'too-many-attempts', and nothing is looked at.
   */
  readonly joinFailuresPerMinuteMax?: number
  /**
   * Default 60,000: a follower that gets no further with its snapshot for longer (storing it, or restoring its state
   * machine) is not waited for: the log behind it goes, and it may need another one, with twice the time.
   */
  readonly snapshotStallMsMax?: number
}

export interface NodeOptions<Command, Result, State> extends NodeLimits {
  /** This member's id: one of `members`, unless `join` is set. */
  readonly id: NodeId
  /** All members of one cluster share it, at most 255 bytes; no other cluster has it. */
  readonly clusterId: string
  /**
   * The initial members, the same list on every member. Read only when the storage is empty. Left out with `join.via`: then
   * they are asked for.
   */
  readonly members?: readonly Member[]
  /**
   * The cluster's secret, at least 16 bytes, best random. Who has it may join: a member with it lets others in that prove they
   * have it too. It is never sent. Default: none, and this node lets nobody in.
   */
  readonly joinSecret?: string | Uint8Array
  /**
   * Default false. `{ via }`: this node asks members at these addresses to be let in, under `joinSecret`. True: it asks nobody;
   * is none of `members` and waits until they add it (`changeMembership`), and learns of all
   * changes since from the log. Read only when the storage is empty.
   */
  readonly join?: boolean | JoinOptions
  /**
   * Default 0. For a node that is to `join` a cluster that was recovered from a lost quorum: `status().generation` of its
   * members. Read only when the storage is empty.
   */
  readonly generation?: number
  readonly transport: Transport
  readonly storage: Storage
  readonly stateMachine: StateMachineFactory<Command, Result, State>
  /**
   * Default 1. Above 0, at most 1: this node's election timeouts are divided by it, so that others are elected before it.
   * 0: it never campaigns by itself, only when leadership is handed to it.
   */
  readonly electionPriority?: number
  /** Default: none, and no lease reads. The same on all members. */
  readonly leases?: LeaseOptions
  /** Time and chance. Default: this machine's. */
  readonly scheduler?: Scheduler
}

/**
 * Lease reads (thesis §6.4.1) trust clocks: no member's clock may run faster or slower than real time by more than
 * this, and no machine may stop a clock (suspend, live migration) for longer than that allows. Beyond it a lease read
 * may be stale.
 */
export interface LeaseOptions {
  /** A fraction: 0.01 is one per cent. Above 0, at most 0.5. */
  readonly clockDriftMax: number
}

export interface RequestOptions {
  /** Gives the request up: ERR_ABORTED when this call certainly has no effect, else ERR_OUTCOME_UNKNOWN. */
  readonly signal?: AbortSignal
  /** The deadline, from now. Default: the node's requestTimeoutMs. */
  readonly timeoutMs?: number
}

export type Consistency = 'linearizable' | 'lease' | 'local'

export interface StopOptions {
  /** Default true: a leader hands leadership over first, so that the others need not miss it. */
  readonly transfer?: boolean
}

/** A command's place in a session that its caller has opened. */
export interface SessionSequence {
  /** What `openSession` returned, on whatever member. */
  readonly id: number
  /** From 1 on, another one for every command; the same for a repetition of the same command. */
  readonly sequence: number
  /**
   * At most `sequence`: the caller will not repeat any sequence below it, so that its results need not be kept. They are
   * kept up to 2^20 sequences; what is further ahead is refused.
   */
  readonly acknowledgedBelow?: number
}

export interface ProposeOptions extends RequestOptions {
  /**
   * Exactly once across the caller's own restart: a repetition of a sequence, on whatever member and after whatever
   * crash, gets the first outcome. By default the command belongs to a session of this node, which ends with its process.
   */
  readonly session?: SessionSequence
}

export interface OpenSessionOptions extends RequestOptions {
  /** How long the session outlives its last command, by the entries' time. Default: the node's sessionTtlMs. */
  readonly ttlMs?: number
}

export interface ReadOptions extends RequestOptions {
  /**
   * 'linearizable' (default): sees every write acknowledged anywhere before the read began (thesis §6.4).
   * 'lease': the same on the word of a leader that holds a lease, without a round trip to a quorum; needs `leases`.
   * 'local': what this node has applied, at once, possibly old.
   */
  readonly consistency?: Consistency
  /** Wait until this index is applied here. */
  readonly minIndex?: LogIndex
}

/** What `whileLeader` gives its job. */
export interface LeaderContext {
  /** Fires at once when this term's leadership ends here, when the node stops, and with the caller's signal. */
  readonly signal: AbortSignal
  /**
   * The fencing token: of two leaders the later one has the higher term. A leader that is cut off or was suspended may
   * not know yet that it is deposed, so a resource must refuse a term below the highest it has met.
   */
  readonly term: Term
}

export type LeaderJob = (context: LeaderContext) => Promise<void> | void

/** What applying a command returned, and where in the log it was applied. */
export interface Receipt<Result> {
  readonly result: Result
  readonly index: LogIndex
  readonly term: Term
}

/** Every kind of sentence that `explain` has. */
export const EXPLANATION_CODES = [
  'stopped',
  'join-waits',
  'no-leader',
  'election-runs',
  'pre-vote-runs',
  'own-vote-not-durable',
  'no-quorum-linked',
  'vote-refused',
  'leader-without-quorum',
  'unreachable',
  'silent',
  'follower-behind',
  'not-committed',
  'earlier-term',
  'own-disk-behind',
  'not-applied',
  'proposals-wait',
  'reads-wait',
] as const
export type ExplanationCode = (typeof EXPLANATION_CODES)[number]

/** One thing that keeps a node from going on. Test by `code`; `text` is for people. */
export interface Explanation {
  readonly code: ExplanationCode
  readonly text: string
}
