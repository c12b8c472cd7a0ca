// What a node tells while it lives: to its own terminal, or to the launcher over the control channel.
import type { EventOf, JoinRole, LogIndex, NodeId, Term } from '@riverraft/core'
import type { StorageName } from '../node/choices.js'

export type SteppedDownReason = EventOf<'BecameFollower'>['reason']

export type DemoEvent =
  | {
      readonly type: 'listening'
      readonly peer: NodeId
      readonly addresses: readonly string[]
      /** Where the key is who the node is. */
      readonly key?: 'new' | 'kept'
      /** 'member': it has been one before. */
      readonly role: 'creator' | 'joiner' | 'member'
    }
  /** By multicast: somebody who has to do with the cluster. */
  | { readonly type: 'found'; readonly peer: NodeId; readonly address: string }
  /** This node asks members to be let in. */
  | { readonly type: 'asks'; readonly via: readonly string[] }
  /** A member there could not be asked. */
  | { readonly type: 'unreachable'; readonly address: string; readonly error: string }
  /** At the leader, and (`self`) at `peer` itself: it is a member in this role now. */
  | { readonly type: 'joined'; readonly peer: NodeId; readonly role: JoinRole; readonly self: boolean }
  /** A member did not let `peer` in. */
  | { readonly type: 'turned-away'; readonly peer: NodeId; readonly refusal: string }
  /** At the leader: a learner that was let in is out again. */
  | { readonly type: 'join-given-up'; readonly peer: NodeId; readonly reason: string }
  /** `lastIndex` and `term`: the end of the log that the storage held; 0 for an empty one. */
  | {
      readonly type: 'raft-started'
      readonly membersIndex: LogIndex
      readonly voters: readonly NodeId[]
      readonly learners: readonly NodeId[]
      readonly storage: StorageName
      readonly lastIndex: LogIndex
      readonly term: Term
    }
  | { readonly type: 'link-up'; readonly peer: NodeId }
  | { readonly type: 'link-down'; readonly peer: NodeId; readonly reason: string }
  /** `attempt`: 0, 1, ... since there was a leader. After a few, only now and then. */
  | { readonly type: 'candidate'; readonly term: number; readonly attempt: number }
  /** This node knows the leader of its term. `self`: it is the leader. */
  | { readonly type: 'leader'; readonly leader: NodeId; readonly term: number; readonly self: boolean }
  /** This node led, and does so no longer. */
  | { readonly type: 'stepped-down'; readonly reason: SteppedDownReason }
  /** Nobody has led for seconds, as far as this node knows; and why, in words. */
  | { readonly type: 'leaderless'; readonly why: readonly string[] }
  /** The configuration in force, committed or not. `outgoing`: as long as a change is under way, the voters before it. */
  | {
      readonly type: 'members-changed'
      readonly index: LogIndex
      readonly voters: readonly NodeId[]
      readonly learners: readonly NodeId[]
      readonly outgoing: readonly NodeId[]
    }
  /** At the leader: a learner that is to vote has the log up to `matchIndex`. */
  | {
      readonly type: 'catch-up'
      readonly follower: NodeId
      readonly matchIndex: LogIndex
      readonly lastIndex: LogIndex
    }
  | { readonly type: 'hello-refused'; readonly peer: NodeId; readonly by: NodeId; readonly refusal: string }
  | { readonly type: 'changed'; readonly key: string; readonly value: string | null; readonly index: number }
  | { readonly type: 'watch-ended'; readonly error: Failure }

/** So many attempts in a row to become leader are told one by one. */
export const ATTEMPTS_TOLD = 3

/** An error in words that survive JSON. */
export interface Failure {
  readonly code: string
  readonly message: string
}

/** An event and when: milliseconds since 1970 with fractions, comparable between processes of one machine. */
export interface Report {
  readonly at: number
  readonly event: DemoEvent
}

export const epochMs = (): number => performance.timeOrigin + performance.now()

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'ERR_UNKNOWN', message: String(error) }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' ? code : error.name, message: error.message }
}
