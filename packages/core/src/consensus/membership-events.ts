// What happened to the membership (Raft §6), in the past tense.
import type { Configuration, LogIndex, Millis, NodeId } from './types.js'

/**
 * §6: the configuration in force is this one, appended at `index`; or that again, because a later one was truncated; or
 * (§7) the one of an installed snapshot that ends at `index`.
 */
export interface MembershipChanged {
  readonly type: 'MembershipChanged'
  readonly index: LogIndex
  readonly configuration: Configuration
}

/** §6: at a leader: what is committed by `commitIndex` removed servers. They are told by rounds from `round` on, until `until`. */
export interface RemovalCommitted {
  readonly type: 'RemovalCommitted'
  readonly commitIndex: LogIndex
  readonly round: number
  readonly until: Millis
}

/** §6: a removed server knows that it is out, or has not answered: its leader sends it nothing any more. */
export interface FollowerLeft {
  readonly type: 'FollowerLeft'
  readonly follower: NodeId
}
