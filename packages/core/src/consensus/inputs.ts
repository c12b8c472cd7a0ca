// Everything that can happen to consensus. Time comes in as `now`; nothing is read from outside.
import type { Message } from './messages.js'
import type { HardState, LogIndex, Millis, NodeId, Run, SnapshotPoint, Term } from './types.js'

/** The first input: what storage returned (§5.5 crash recovery; an empty storage too). */
export interface Recover {
  readonly type: 'Recover'
  readonly now: Millis
  readonly hardState: HardState
  /** From index 1 on, or from anywhere up to right behind the snapshot; they hold its last entry or are empty. */
  readonly runs: readonly Run[]
  /** The newest one. The state machine has been restored from it. */
  readonly snapshot: SnapshotPoint
}

/** A wake-up that was asked for. May come late, early or twice. */
export interface Tick {
  readonly type: 'Tick'
  readonly now: Millis
  /**
   * The configuration in force names this server's id with a storage that it does not have: who voted under that id was removed,
   * and this one, added again, has not read the log so far yet. It does not campaign in that one's place.
   */
  readonly isAnother?: boolean
}

/** Clients of this server propose `count` commands. */
export interface Propose {
  readonly type: 'Propose'
  readonly now: Millis
  readonly count: number
}

/** A client of this server asks for a linearizable read. Ids are never reused. */
export interface RequestRead {
  readonly type: 'RequestRead'
  readonly now: Millis
  readonly readId: number
  /** A leader that holds a lease may answer at once. */
  readonly lease: boolean
}

/** Thesis §3.10: hand leadership to `to`, or to whoever has the most of the log. */
export interface TransferLeadership {
  readonly type: 'TransferLeadership'
  readonly now: Millis
  readonly to: NodeId | undefined
}

/**
 * §6: the members are to be these; nobody twice. `expectedIndex`: refused unless the configuration in force is the one of
 * that index (compare-and-set). `force`: although a majority of these voters has not been heard of lately.
 */
export interface ChangeMembership {
  readonly type: 'ChangeMembership'
  readonly now: Millis
  readonly voters: readonly NodeId[]
  readonly learners: readonly NodeId[]
  readonly expectedIndex: LogIndex | undefined
  readonly force: boolean
}

export interface Receive {
  readonly type: 'Receive'
  readonly now: Millis
  /** Who really sent it. */
  readonly from: NodeId
  readonly message: Message
}

/** All writes up to number `write` are durable. */
export interface Persisted {
  readonly type: 'Persisted'
  readonly now: Millis
  readonly write: number
}

/** The state machine has applied everything up to `index`. */
export interface Applied {
  readonly type: 'Applied'
  readonly now: Millis
  readonly index: LogIndex
}

/**
 * The answer to a Replicate effect: entries from entriesWanted().fromIndex (or a block boundary before it) on. Given
 * right after entriesWanted() was asked, with no other input in between: a later answer could be about another log.
 */
export interface OfferEntries {
  readonly type: 'OfferEntries'
  readonly now: Millis
  readonly to: NodeId
  /** Contiguous runs of this server's log; empty to tell only the commit index. */
  readonly entries: readonly Run[]
  /** What they take of the in-flight window: above 0 for any entries. */
  readonly bytes: number
}

/** A connection to `peer` was made anew: what was under way may be lost. */
export interface PeerConnected {
  readonly type: 'PeerConnected'
  readonly now: Millis
  readonly peer: NodeId
}

/** §7: a snapshot of this server's own, of something it has applied, is durable. */
export interface SnapshotSaved {
  readonly type: 'SnapshotSaved'
  readonly now: Millis
  readonly snapshot: SnapshotPoint
}

/**
 * §7: a snapshot that `from` sent is durable, and the state machine has been restored from it: everything up to its last
 * entry is applied.
 */
export interface SnapshotRestored {
  readonly type: 'SnapshotRestored'
  readonly now: Millis
  readonly from: NodeId
  readonly snapshot: SnapshotPoint
}

/** The log up to `through` is not wanted any more, as far as the newest snapshot replaces it. */
export interface CompactLog {
  readonly type: 'CompactLog'
  readonly now: Millis
  readonly through: LogIndex
}

export type Input =
  | Recover
  | Tick
  | Propose
  | RequestRead
  | TransferLeadership
  | ChangeMembership
  | Receive
  | Persisted
  | Applied
  | OfferEntries
  | PeerConnected
  | SnapshotSaved
  | SnapshotRestored
  | CompactLog

/** The term a received message is refused at: one lying peer must not exhaust the terms. */
export const TERM_JUMP_MAX: Term = 2 ** 32
