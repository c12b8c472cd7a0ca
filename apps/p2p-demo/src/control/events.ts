// What a node tells while it lives: to its own terminal, or to the launcher over the control channel.
import type { LogIndex, Member, NodeId, Term } from '@riverraft/core'
import type { FormEvent } from '../form/events.js'
import type { StorageName } from '../node/choices.js'

export type DemoEvent =
  | FormEvent
  | {
      readonly type: 'listening'
      readonly peer: NodeId
      readonly addresses: readonly string[]
      /** Where the key is who the node is. */
      readonly key?: 'new' | 'kept'
      /** 'member': the members are agreed already. */
      readonly role: 'creator' | 'joiner' | 'member'
    }
  /** The members are known from the node's directory. */
  | { readonly type: 'continues'; readonly clusterId: string; readonly members: readonly Member[] }
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
