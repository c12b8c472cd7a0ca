// The public shapes of a node: what it is started with, what it answers, what it reports.
import type { ConsensusEvent } from '../consensus/events.js'
import type { LogIndex, NodeId, Term } from '../consensus/types.js'
import type { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StateMachineFactory } from '../ports/state-machine.js'
import type { Storage } from '../ports/storage.js'
import type { Member, Transport } from '../ports/transport.js'
import type { HelloRefusal, Incarnation } from '../wire/hello.js'

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
  /** Default 4 MiB: unacknowledged entry bytes on the way to one follower. */
  readonly inFlightBytesMax?: number
  /** Default 256: unacknowledged messages with entries on the way to one follower. */
  readonly inFlightMessagesMax?: number
  /** Default 65,536: proposals accepted and not yet answered. Beyond it: ERR_OVERLOADED. */
  readonly pendingProposalsMax?: number
  /** Default 64 MiB: encoded bytes of those proposals. Beyond it: ERR_OVERLOADED. */
  readonly pendingBytesMax?: number
  /** Default 10,000: reads waiting. Beyond it: ERR_OVERLOADED. */
  readonly pendingReadsMax?: number
  /** Default 64 MiB: recent blocks kept in memory for followers and for apply. */
  readonly logCacheBytesMax?: number
  /** Default 5,000: how long `propose` and `read` wait when they are given no timeout of their own. */
  readonly requestTimeoutMs?: number
  /** Default 3,600,000, one hour: how long a session of this node outlives its last command, by the entries' time. */
  readonly sessionTtlMs?: number
}

export interface NodeOptions<Command, Result, State> extends NodeLimits {
  /** This member's id: one of `members`. */
  readonly id: NodeId
  /** All members of one cluster share it, at most 255 bytes; no other cluster has it. */
  readonly clusterId: string
  /** The initial members, the same list on every member. Read only when the storage is empty. */
  readonly members: readonly Member[]
  readonly transport: Transport
  readonly storage: Storage
  readonly stateMachine: StateMachineFactory<Command, Result, State>
  /** Time and chance. Default: this machine's. */
  readonly scheduler?: Scheduler
}

export interface RequestOptions {
  /** Gives the request up: ERR_ABORTED when this call certainly has no effect, else ERR_OUTCOME_UNKNOWN. */
  readonly signal?: AbortSignal
  /** The deadline, from now. Default: the node's requestTimeoutMs. */
  readonly timeoutMs?: number
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
   * 'local': what this node has applied, at once, possibly old.
   */
  readonly consistency?: 'linearizable' | 'local'
  /** Wait until this index is applied here. */
  readonly minIndex?: LogIndex
}

/** What applying a command returned, and where in the log it was applied. */
export interface Receipt<Result> {
  readonly result: Result
  readonly index: LogIndex
  readonly term: Term
}

export type Role = 'follower' | 'candidate' | 'leader'

/** What a leader knows of one follower. */
export interface FollowerStatus {
  readonly id: NodeId
  /** 'probe': finding where the logs agree; 'replicate': streaming. */
  readonly state: 'probe' | 'replicate'
  readonly matchIndex: LogIndex
  readonly nextIndex: LogIndex
  readonly inFlightMessages: number
  readonly inFlightBytes: number
  /** Milliseconds since the follower last answered; undefined: not in this term. */
  readonly sinceContactMs: number | undefined
}

export interface NodeStatus {
  readonly id: NodeId
  readonly clusterId: string
  readonly incarnation: Incarnation
  readonly members: readonly Member[]
  /** Where others reach this node. */
  readonly address: string
  readonly role: Role
  readonly term: Term
  readonly leaderId: NodeId | undefined
  readonly lastIndex: LogIndex
  readonly commitIndex: LogIndex
  readonly lastApplied: LogIndex
  /** Proposals accepted here and not yet answered, reads waiting here. */
  readonly pendingProposals: number
  readonly pendingReads: number
  /** Client sessions that are open in the whole cluster, as of lastApplied. */
  readonly sessions: number
  /** Of a leader: every other member. Empty otherwise. */
  readonly followers: readonly FollowerStatus[]
  /** True once `stop` was called or the node failed. */
  readonly stopped: boolean
}

/** What happens around consensus. */
export type RuntimeEvent =
  | { readonly type: 'LinkUp'; readonly peer: NodeId }
  | { readonly type: 'LinkDown'; readonly peer: NodeId; readonly reason: string }
  /** A peer refused us, or we refused it. */
  | {
      readonly type: 'HelloRefused'
      readonly peer: NodeId
      readonly by: NodeId
      readonly refusal: HelloRefusal
    }
  /** Entries up to `lastApplied` have reached the state machine. */
  | { readonly type: 'Applied'; readonly lastApplied: LogIndex }
  /** The last event of a node. `error` when it failed stop. */
  | { readonly type: 'Stopped'; readonly error: RaftError | undefined }
  /** This listener was slower than the node: that many events are missing before the next one. */
  | { readonly type: 'EventsDropped'; readonly count: number }

/** An event and where and when it happened. */
export type NodeEvent = (ConsensusEvent | RuntimeEvent) & {
  readonly node: NodeId
  /** 1, 2, 3, ... per node. */
  readonly sequence: number
  /** Monotonic milliseconds. */
  readonly now: number
}

export type NodeEventType = NodeEvent['type']

/** The event of one type. */
export type EventOf<Type extends NodeEventType> = Extract<NodeEvent, { readonly type: Type }>
