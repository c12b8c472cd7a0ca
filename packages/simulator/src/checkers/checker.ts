// A checker: one property, told of everything that happens, as it happens. It cannot change anything.
import type {
  EntryBlock,
  LogIndex,
  NodeEvent,
  NodeId,
  PeerMessage,
  SnapshotMetadata,
  StoredState,
  Term,
  WriteBatch,
} from '@riverraft/core'
import type { Greeting } from '../network/network.js'
import type { ChangeCall } from './change-call.js'
import type { History } from './history.js'
import type { NodeView } from './node-view.js'

/** Says what is wrong; the run ends after the present event. */
export type Fail = (message: string) => void

export interface AppliedCommand {
  readonly index: LogIndex
  readonly term: Term
  readonly timestamp: number
  /** The client session it came in. */
  readonly session: number | undefined
  readonly attempt: number
  /** What apply returned or rejected with, as text. */
  readonly outcome: string
  /** The machine's state after it: to be looked at now, it goes on. */
  readonly state: unknown
}

/** All optional. `node` is as it was before what is told of happens to it. */
export interface Hooks {
  event?(node: NodeView, event: NodeEvent): void
  /** A message leaves, whatever becomes of it. */
  sent?(node: NodeView, to: NodeId, message: PeerMessage): void
  writing?(node: NodeView, batch: WriteBatch): void
  opened?(node: NodeView, stored: StoredState): void
  applied?(node: NodeView, command: AppliedCommand): void
  /** A snapshot has become durable. */
  saved?(node: NodeView, metadata: SnapshotMetadata): void
  /** It has ended by itself, for this reason. */
  stopped?(node: NodeView, code: string): void
  /** A call of changeMembership is answered, or its process has died. */
  changed?(call: ChangeCall): void
  /** `by` has judged the hello of `node`. */
  greeted?(node: NodeView, by: NodeView, hello: Greeting, refusal: string | undefined): void
}

export interface Checker {
  /** The property's name: that of the file, too. */
  readonly property: string
  hooks(history: History, fail: Fail): Hooks
}

export type { EntryBlock }
