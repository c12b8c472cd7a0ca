// One request of one client, from call to return: what the checkers of the clients' history look at.
import type { Consistency } from '@riverraft/core'

export type OperationOutcome =
  /** Not returned yet, or never: its process died with it. */
  | 'pending'
  /** Applied, or read. */
  | 'ok'
  /** Applied by every replica as a rejection. */
  | 'rejected'
  /** The node said that it was certainly not applied. */
  | 'not-applied'
  /** It may be applied at any later time, or never. */
  | 'unknown'

export interface Operation<Command, State> {
  /** The number of this attempt: 1, 2, 3, ... in order of the calls. */
  readonly attempt: number
  readonly client: number
  readonly server: string
  /** The command of a proposal, the question of a read. */
  readonly request:
    | { readonly kind: 'propose'; readonly command: Command }
    | {
        readonly kind: 'read'
        readonly query: (state: State) => unknown
        readonly consistency: Consistency
      }
  /** Virtual milliseconds. */
  readonly calledAt: number
  /** Calls and returns in the order they happened. */
  readonly calledOrder: number
  /** Everything up to here was acknowledged to somebody when the call began. */
  readonly floor: number
  /** What that server had applied when the call began, and when it returned. */
  readonly appliedAtCall: number
  appliedAtReturn: number
  returnedAt: number | undefined
  returnedOrder: number
  outcome: OperationOutcome
  /** The error code, when there was one. */
  code: string | undefined
  result: unknown
  /** Where a command stands. */
  index: number
  term: number
  /** The highest index that anybody had committed when it returned. */
  ceiling: number
}
