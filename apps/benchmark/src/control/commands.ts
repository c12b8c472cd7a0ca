// What the launcher asks of a process it started, and what that answers. Everything survives JSON.
import type { LogIndex, Member, NodeId, NodeStatus, Run } from '@riverraft/core'
import type { StorageName, TransportName } from '../names.js'

/** What a replica is told of itself. */
export interface ReplicaPlan {
  readonly id: NodeId
  /** Its own, empty, removed by the launcher. */
  readonly directory: string
  /** With redis storage: its own server. When the launcher dies, the replica ends it. */
  readonly redis: { readonly url: string; readonly pid: number } | null
}

export interface ClusterPlan {
  readonly clusterId: string
  readonly transport: TransportName
  readonly storage: StorageName
  readonly members: readonly Member[]
}

/** Bare loops: the same load on a stripped-down replacement of the whole library. */
export interface BarePlan {
  /** Ports of followers in processes of their own; empty: everything in one process. */
  readonly ports: readonly number[]
  /** Write every batch with O_DSYNC to these files of this process; empty: no disk. */
  readonly files: readonly string[]
  readonly nodes: number
}

export type Command =
  /** Starts replicas in this process. */
  | { readonly type: 'start'; readonly cluster: ClusterPlan; readonly replicas: readonly ReplicaPlan[] }
  | { readonly type: 'startBare'; readonly plan: BarePlan }
  | { readonly type: 'followBare'; readonly file: string | null }
  | { readonly type: 'status'; readonly id: NodeId }
  /** Callers begin to propose through `id` (a replica of this process, or the bare loop) and go on until 'rest'. */
  | { readonly type: 'load'; readonly id: string; readonly callers: number; readonly payloadBytes: number }
  /** What happened here since the last mark. */
  | { readonly type: 'mark' }
  /** Callers stop; answered when the last of them has its answer. */
  | { readonly type: 'rest' }
  /** Starts a V8 CPU profile, or ends it and writes it to `file`. */
  | { readonly type: 'profile'; readonly file: string | null }
  /** Reads the log from the storage and hashes it. */
  | { readonly type: 'digest'; readonly id: NodeId; readonly from: LogIndex; readonly through: LogIndex }
  /** What apply has seen. */
  | { readonly type: 'applied'; readonly id: NodeId }
  /** Proposes through `id` without pause; answered when a write was acknowledged in a term above `term`. */
  | { readonly type: 'probe'; readonly id: NodeId; readonly term: number; readonly payloadBytes: number }

export type CommandType = Command['type']

export interface Answers {
  readonly start: { readonly durable: boolean }
  readonly startBare: null
  readonly followBare: { readonly port: number }
  readonly status: StatusAnswer
  readonly load: null
  readonly mark: Mark
  readonly rest: Rest
  readonly profile: null
  readonly digest: LogDigest
  readonly applied: Applied
  readonly probe: Probed
}

export type StatusAnswer = Pick<
  NodeStatus,
  'id' | 'role' | 'term' | 'lastIndex' | 'commitIndex' | 'lastApplied'
> & { readonly leaderId: NodeId | null }

/** One process between two marks. */
export interface Mark {
  readonly elapsedMs: number
  readonly cpuSeconds: number
  readonly loopDelayMsP99: number
  /** null: no callers here. */
  readonly load: LoadFigures | null
}

export interface LoadFigures {
  readonly operations: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Proposals that were not acknowledged. */
  readonly failures: number
}

/** A load from its first proposal to its last answer. */
export interface Rest {
  readonly acknowledged: number
  /** Of those that failed: how many may have been applied nevertheless. */
  readonly unknown: number
}

/** Entries `from` .. `through` as the storage holds them. */
export interface LogDigest {
  readonly from: LogIndex
  readonly through: LogIndex
  readonly entries: number
  readonly runs: readonly Run[]
  /** SHA-256 over kind, length and payload of every entry. */
  readonly sha256: string
}

/** A chain over index, term, length and identity of every command that reached the state machine. */
export interface Applied {
  readonly count: number
  readonly index: LogIndex
  readonly chain: number
}

export interface Probed {
  /** When the first write of the new term was acknowledged, on the shared clock. */
  readonly at: number
  readonly probes: number
  readonly acknowledged: number
  readonly refused: number
  readonly unknown: number
  /** Acknowledged, and not in the log where the acknowledgement said. */
  readonly missing: number
}
