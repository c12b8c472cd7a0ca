// The public shapes of a change of the members.
import type { LogIndex, NodeId } from '../../consensus/types.js'
import type { Member } from '../../ports/transport.js'

/** Who joins, leaves and changes its role, all in one change. Nobody is named twice. */
export interface MembershipChange {
  /** New members, as voters or learners; a member that is named with its present role gets a new address. */
  readonly add?: readonly Member[]
  /** Learners that become voters. */
  readonly promote?: readonly NodeId[]
  /** Voters that become learners. */
  readonly demote?: readonly NodeId[]
  /** Members that leave; the leader too. */
  readonly remove?: readonly NodeId[]
  /** Compare-and-set: only if the members in force are those of this index (`status().membersIndex`). */
  readonly expectedIndex?: LogIndex
  /** Default false. True: although no majority of the new voters answers. */
  readonly force?: boolean
}

/** A configuration's members, and the index of its entry; 0: what the cluster began with. */
export interface Membership {
  readonly index: LogIndex
  readonly members: readonly Member[]
}
