// What can be said of a replica's storage before a lost quorum is recovered from it: plain data, and what it means in words.
import type { LogIndex, NodeId, Term } from '../../consensus/types.js'
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
] as const
export type RecoveryRiskCode = (typeof RECOVERY_RISK_CODES)[number]

/** Test by `code`; `text` is for people. */
export interface RecoveryRisk {
  readonly code: RecoveryRiskCode
  readonly text: string
}

export interface RecoveryReport {
  readonly id: NodeId
  readonly clusterId: string
  readonly incarnation: Incarnation
  /** How often the cluster was recovered so far, as far as this storage knows. */
  readonly generation: number
  /** Of the newest configuration in the log, committed or not; while it is joint those of both. */
  readonly members: readonly Member[]
  /** Where the entry of that configuration stands; up to the snapshot's index: the snapshot tells it, or the formatting. */
  readonly membersIndex: LogIndex
  /** A change of the members had begun, and is not known to have ended. */
  readonly joint: boolean
  readonly currentTerm: Term
  /** Of the last entry, or of the snapshot when the log has none: of two logs the one with the later term is the more complete. */
  readonly lastTerm: Term
  /** One above lastIndex when the log is empty. */
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  /** 0: there is none. What it holds is committed; of entries behind it a storage does not know. */
  readonly snapshotIndex: LogIndex
  /** Why nothing can be recovered from here; undefined: it can be. */
  readonly refusal: string | undefined
  readonly risks: readonly RecoveryRisk[]
}
