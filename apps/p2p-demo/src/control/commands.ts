// What a node can be asked at a prompt, by its own terminal or by the launcher, and what it answers.
import type { Member, MembershipChange, NodeStatus } from '@riverraft/core'

export type Command =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'get'; readonly key: string }
  | { readonly type: 'del'; readonly key: string }
  /** Writes only if the key holds `expected` now; null: only if there is no such key. */
  | { readonly type: 'cas'; readonly key: string; readonly expected: string | null; readonly value: string }
  /** Reports changes under `prefix` as events; null: no longer. */
  | { readonly type: 'watch'; readonly prefix: string | null }
  | { readonly type: 'status' }
  /** The keys, those written last first. */
  | { readonly type: 'list'; readonly prefix: string }
  /** Answered when this node has applied `index`. */
  | { readonly type: 'catch-up'; readonly index: number }
  /** Only the leader can; answered when it is committed. */
  | { readonly type: 'change'; readonly change: MembershipChange }
  /** Only the leader can. null: to the voter that has most of the log. */
  | { readonly type: 'transfer'; readonly to: string | null }

export type CommandType = Command['type']

/** Where a write came to stand in the log, and how long its caller waited. */
export interface WriteReceipt {
  readonly index: number
  readonly term: number
  readonly elapsedMs: number
}

export interface Answers {
  readonly put: WriteReceipt
  /** null: there is no such key. */
  readonly get: { readonly value: string | null; readonly elapsedMs: number }
  readonly del: WriteReceipt & { readonly existed: boolean }
  readonly cas: WriteReceipt & { readonly swapped: boolean; readonly current: string | null }
  readonly watch: { readonly prefix: string | null }
  readonly status: StatusAnswer
  readonly list: Listing
  /** `entriesReceived`: what its log has gained since it was started. */
  readonly 'catch-up': { readonly lastApplied: number; readonly entriesReceived: number }
  /** Who the members are now, and where that stands in the log. */
  readonly change: {
    readonly membersIndex: number
    readonly members: readonly DemoMember[]
    readonly elapsedMs: number
  }
  readonly transfer: { readonly leader: string; readonly elapsedMs: number }
}

/** At most LISTED_MAX of `count` keys. */
export interface Listing {
  readonly count: number
  readonly newest: readonly { readonly key: string; readonly value: string | null }[]
}

export const LISTED_MAX = 10

export type Answer = { readonly [Type in CommandType]: { readonly type: Type } & Answers[Type] }[CommandType]

export type DemoMember = Pick<Member, 'id' | 'address' | 'role' | 'incarnation'>

/** The part of a node's status that people look at; it survives JSON. */
export type StatusAnswer = Pick<
  NodeStatus,
  | 'id'
  | 'clusterId'
  | 'incarnation'
  | 'role'
  | 'term'
  | 'lastIndex'
  | 'commitIndex'
  | 'lastApplied'
  | 'address'
  | 'membersIndex'
> & {
  readonly leaderId: string | null
  readonly members: readonly DemoMember[]
  /** Of a leader: how far each follower's log is known to hold the same. */
  readonly followers: readonly { readonly id: string; readonly matchIndex: number }[]
}

export const isWrite = (answer: Answer): answer is Answer & WriteReceipt => 'index' in answer
