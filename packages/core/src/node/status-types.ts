// The public shape of a node's status.
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import type { Member } from '../ports/transport.js'
import type { Incarnation } from '../wire/hello.js'

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader'

/** How much of a snapshot a follower is known to have received. */
export interface SnapshotProgress {
  /** The last index that the snapshot replaces. */
  readonly index: LogIndex
  readonly sentBytes: number
  readonly totalBytes: number
}

/** What a leader knows of one follower. */
export interface FollowerStatus {
  readonly id: NodeId
  /** 'probe': finding where the logs agree; 'replicate': streaming; 'snapshot': it lacks entries this log has no more. */
  readonly state: 'probe' | 'replicate' | 'snapshot'
  /** How far it is with the snapshot; undefined: it needs none. */
  readonly snapshot: SnapshotProgress | undefined
  readonly matchIndex: LogIndex
  readonly nextIndex: LogIndex
  /** Entries of the leader's log that it is not known to have. */
  readonly entriesBehind: number
  readonly inFlightMessages: number
  readonly inFlightBytes: number
  /** How much may be in flight at present: adapted to what the path and the follower keep up with. */
  readonly windowMessages: number
  readonly windowBytes: number
  /** From sending entries to their durable acknowledgement, in milliseconds, smoothed; undefined: not measured yet. */
  readonly roundTripMs: number | undefined
  /** Entry bytes it has acknowledged per second, over the last round trip. */
  readonly bytesPerSecond: number
  /** Milliseconds since the follower last answered; undefined: not in this term. */
  readonly sinceContactMs: number | undefined
  /** The link from here to it is up. */
  readonly linked: boolean
  /** It is removed, and being told so. */
  readonly leaving: boolean
}

export interface NodeStatus {
  readonly id: NodeId
  readonly clusterId: string
  readonly incarnation: Incarnation
  /**
   * 0, or which recovery from a lost quorum the cluster comes from, a higher number for a later one: nobody of another generation
   * is listened to.
   */
  readonly generation: number
  /** Of the configuration in force, committed or not; while it is joint those of both. */
  readonly members: readonly Member[]
  /** Where the entry of that configuration stands, for `expectedIndex`; 0: the one the cluster began with. */
  readonly membersIndex: LogIndex
  /** Where others reach this node. */
  readonly address: string
  readonly role: Role
  readonly term: Term
  readonly leaderId: NodeId | undefined
  /** The log's first index here, or where it would begin: what is before it is in the snapshot. */
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  /** The last index of the newest snapshot here; 0: there is none. */
  readonly snapshotIndex: LogIndex
  readonly commitIndex: LogIndex
  readonly lastApplied: LogIndex
  /** Committed and not yet applied here: how old a local read may be. */
  readonly entriesToApply: number
  /** Of a leader: bytes appended in its term and not yet committed, durable here and applied. */
  readonly uncommittedBytes: number
  /** Proposals accepted here and not yet answered, reads waiting here. */
  readonly pendingProposals: number
  readonly pendingReads: number
  /** How late this node's last wake-up came: much more than a heartbeat means that its event loop is blocked. */
  readonly loopDelayMs: number
  /** Client sessions that are open in the whole cluster, as of lastApplied. */
  readonly sessions: number
  /** Of a leader: every other member. Empty otherwise. */
  readonly followers: readonly FollowerStatus[]
  /** True once `stop` was called or the node failed. */
  readonly stopped: boolean
}
