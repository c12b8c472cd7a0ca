// What can be said of a replica's storage before a lost quorum is recovered from it: plain data, and what it means in words.
import type { LogIndex, NodeId, Run, Term } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'
import type { Incarnation } from '../../wire/hello.js'

/** Every kind of sentence that a report has about what a recovery may lose, or make of what is there. */
export const RECOVERY_RISK_CODES = [
  'committed-entries-lost',
  'unacknowledged-entries-kept',
  'answers-change',
  'old-leader-reads',
  'old-members',
  'change-abandoned',
  'learner',
  'perhaps-removed',
] as const
export type RecoveryRiskCode = (typeof RECOVERY_RISK_CODES)[number]

export type LogRun = Pick<Run, 'firstIndex' | 'lastIndex' | 'term'>

/** Test by `code`; `text` is for people. */
export interface RecoveryRisk {
  readonly code: RecoveryRiskCode
  readonly text: string
}

export interface RecoveryReport {
  readonly id: NodeId
  readonly clusterId: string
  readonly incarnation: Incarnation
  /** 0 until the cluster is recovered for the first time; higher with every recovery that this storage knows of. */
  readonly generation: number
  /** Of the newest configuration in the log, committed or not; while it is joint those of both. */
  readonly members: readonly Member[]
  /** Where the entry of that configuration stands; up to the snapshot's index: the snapshot tells it, or the formatting. */
  readonly membersIndex: LogIndex
  /**
   * Of the newest configuration that is known to be committed: the one before it in the log, since a leader changes the members only when
   * the last change is committed (Raft §6); that one itself when the snapshot tells it, or the formatting.
   */
  readonly committedMembers: readonly Member[]
  /** A change of the members had begun, and is not known to have ended. */
  readonly joint: boolean
  readonly currentTerm: Term
  /** Of the last entry, or of the snapshot when the log has none: of two logs the one with the later term is the more complete. */
  readonly lastTerm: Term
  /** One above lastIndex when the log is empty. */
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  /** The entries that the log has: each run of one term, without a gap. What a snapshot has replaced may be missing. */
  readonly runs: readonly LogRun[]
  /** 0: there is none. What it holds is committed; of entries behind it a storage does not know. */
  readonly snapshotIndex: LogIndex
  /** Of the entry at `snapshotIndex`; 0: there is none. */
  readonly snapshotTerm: Term
  /** Why nothing can be recovered from here; undefined: it can be. */
  readonly refusal: string | undefined
  readonly risks: readonly RecoveryRisk[]
}

/** What a recovery resolves with: the report from before it. */
export interface Recovery extends RecoveryReport {
  /** Which was written: `status().generation` of the recovered member, and `generation` of those that are to join it. */
  readonly newGeneration: number
}
