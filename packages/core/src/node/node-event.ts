// What a node reports: what consensus decides, and what happens around it.
import type { ConsensusEvent } from '../consensus/events.js'
import type { LogIndex, NodeId } from '../consensus/types.js'
import type { RaftError } from '../ports/errors.js'
import type { HelloRefusal } from '../wire/hello.js'
import type { JoinRefusal } from '../wire/join.js'
import type { JoinRole } from '../wire/join-content.js'

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
  /** Somebody who says it is `peer` asks to be let in. It has proved nothing yet. */
  | { readonly type: 'JoinAsked'; readonly peer: NodeId; readonly origin: string }
  /** `by` did not let `peer` in. */
  | {
      readonly type: 'JoinRefused'
      readonly peer: NodeId
      readonly by: NodeId
      readonly refusal: JoinRefusal
    }
  /** At a leader, and at `peer` itself: it has asked for this role and has it now. */
  | { readonly type: 'Joined'; readonly peer: NodeId; readonly role: JoinRole }
  /** At a leader: `peer` was let in as a learner and is removed again. */
  | {
      readonly type: 'JoinGivenUp'
      readonly peer: NodeId
      readonly reason: 'unreachable' | 'withdrawn'
    }
  /** At a leader, while `changeMembership` or a node that joins waits: a learner that is to vote is this far with the log. */
  | {
      readonly type: 'CatchUpProgress'
      readonly follower: NodeId
      readonly matchIndex: LogIndex
      readonly lastIndex: LogIndex
    }
  /** At a leader: a follower lacks more than followerLagEntriesMax committed entries. */
  | { readonly type: 'FollowerLagging'; readonly follower: NodeId; readonly entriesBehind: number }
  /** At a leader: a follower that lagged lacks at most a quarter of that now. */
  | { readonly type: 'FollowerCaughtUp'; readonly follower: NodeId; readonly entriesBehind: number }
  /** Entries up to `lastApplied` have reached the state machine. */
  | { readonly type: 'Applied'; readonly lastApplied: LogIndex }
  /** A snapshot of this node's state was not taken; the node goes on without it. */
  | { readonly type: 'SnapshotFailed'; readonly index: LogIndex; readonly error: RaftError }
  /** A snapshot that `from` sent was given up before it was complete, or was not what it should be. */
  | {
      readonly type: 'SnapshotDropped'
      readonly from: NodeId
      readonly index: LogIndex
      readonly reason: string
    }
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
