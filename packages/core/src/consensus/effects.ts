// What the runtime is to do, by id and never by callback.
import type { InstallSnapshot, InstallSnapshotReply, Message } from './messages.js'
import type { Configuration, HardState, LogIndex, Millis, NodeId, Term } from './types.js'

/** Give `message` to the transport once write number `afterWrite` is durable (0: at once). */
export interface Send {
  readonly type: 'Send'
  readonly to: NodeId
  readonly message: Message
  readonly afterWrite: number
}

/** Make this durable as one step, then say Persisted with its number. Numbers rise by one; the runtime may merge. */
export interface Persist {
  readonly type: 'Persist'
  readonly write: number
  readonly hardState: HardState | undefined
  readonly truncateFrom: LogIndex | undefined
  /** The entries appended by this step, undefined when none. */
  readonly appended: { readonly firstIndex: LogIndex; readonly lastIndex: LogIndex } | undefined
}

/** The leader has given places in its log: encode the block for them. Precedes the Persist that carries it. */
export interface EncodeBlock {
  readonly type: 'EncodeBlock'
  readonly content: 'noop' | 'proposals' | 'membership'
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly term: Term
  /** Of 'membership'. */
  readonly configuration?: Configuration
}

/** Not the leader: the commands of this Propose input were not appended. */
export interface RefuseProposals {
  readonly type: 'RefuseProposals'
  readonly count: number
}

/** There may be something to send to `to`: look at entriesWanted(), then OfferEntries. May be merged and delayed. */
export interface Replicate {
  readonly type: 'Replicate'
  readonly to: NodeId
}

/** §7: `to` lacks what this leader's log has no more: send it the newest snapshot, for as long as it is in that state. */
export interface SendSnapshot {
  readonly type: 'SendSnapshot'
  readonly to: NodeId
}

/** `from` has told how far it is with the snapshot being sent to it. */
export interface ContinueSnapshot {
  readonly type: 'ContinueSnapshot'
  readonly from: NodeId
  readonly reply: InstallSnapshotReply
}

/**
 * §7: the leader `from` sends a part of a snapshot that is ahead of this server. Collect it, make it durable, restore
 * the state machine from it, then say SnapshotRestored. Another snapshot takes the place of one that is not complete.
 */
export interface StoreChunk {
  readonly type: 'StoreChunk'
  readonly from: NodeId
  readonly chunk: InstallSnapshot
}

/** The log up to `through` is not needed any more: storage may forget it. */
export interface ForgetLog {
  readonly type: 'ForgetLog'
  readonly through: LogIndex
}

/**
 * "Discard the entire log" (§7): none of its entries counts any more, and the next ones that are written begin it anew
 * behind this one, which is not in it.
 */
export interface RestartLog {
  readonly type: 'RestartLog'
  readonly index: LogIndex
  readonly term: Term
}

/** Everything up to `commitIndex` is committed: apply it in order. */
export interface Apply {
  readonly type: 'Apply'
  readonly commitIndex: LogIndex
}

/** These reads may run once `readIndex` is applied. */
export interface AnswerReads {
  readonly type: 'AnswerReads'
  readonly readIds: readonly number[]
  readonly readIndex: LogIndex
}

/** No leader could confirm these reads: ask again, under new ids. */
export interface RefuseReads {
  readonly type: 'RefuseReads'
  readonly readIds: readonly number[]
}

/** 'aborted': the successor did not take over in time; this leader goes on. The others: it was not begun. */
export type TransferFailure = 'not-leader' | 'no-successor' | 'under-way' | 'aborted'

/** A TransferLeadership has failed, and leadership stays where it is. */
export interface TransferFailed {
  readonly type: 'TransferFailed'
  readonly reason: TransferFailure
}

/**
 * Why a membership change was not begun. 'under-way': another one is. 'not-yet-committed': this leader has committed
 * nothing yet in its term. 'changed': not the configuration that was expected. 'unknown-learner', 'not-caught-up': a new
 * voter is no learner, or its log is behind. 'would-lose-quorum': no majority of the new voters answers.
 */
export type MembershipRefusal =
  | 'not-leader'
  | 'handing-over'
  | 'under-way'
  | 'not-yet-committed'
  | 'changed'
  | 'no-voters'
  | 'unknown-learner'
  | 'not-caught-up'
  | 'would-lose-quorum'

/** A ChangeMembership was refused: nothing has changed. */
export interface MembershipRefused {
  readonly type: 'MembershipRefused'
  readonly reason: MembershipRefusal
}

/** §6: this server's removal is committed. It leads and campaigns no more, and may be shut down. */
export interface Removed {
  readonly type: 'Removed'
}

/** Send a Tick at `at`. Replaces every earlier wish. */
export interface WakeAt {
  readonly type: 'WakeAt'
  readonly at: Millis
}

export type Effect =
  | Send
  | Persist
  | EncodeBlock
  | RefuseProposals
  | Replicate
  | SendSnapshot
  | ContinueSnapshot
  | StoreChunk
  | ForgetLog
  | RestartLog
  | Apply
  | AnswerReads
  | RefuseReads
  | TransferFailed
  | MembershipRefused
  | Removed
  | WakeAt
