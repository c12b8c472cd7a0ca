// The StateMachine port: what the replicas agree on. Deterministic: time and chance come with the entry.
import type { LogIndex, Term } from '../consensus/types.js'

/** What `apply` may know besides the command; the same on every replica. */
export interface ApplyContext {
  readonly index: LogIndex
  readonly term: Term
  /** Milliseconds since 1970 by the leader that appended the entry; never decreases along the log. */
  readonly timestamp: number
  /** The client session the command came in; undefined for a command without one. */
  readonly session: number | undefined
}

/** How commands travel. Encoding happens where `propose` is called, decoding on every replica. */
export interface CommandCodec<Command> {
  encode(command: Command): Uint8Array
  decode(bytes: Uint8Array): Command
}

/**
 * A replicated state machine. `State` is what `read` shows to its query; a query must not change it.
 */
export interface StateMachine<Command, Result, State> {
  readonly state: State
  /**
   * Applies one committed command: synchronous, deterministic. Throwing CommandRejected before any change is a
   * replicated result; anything else thrown stops the node.
   *
   * Each command of a session is applied once. Its result is kept for who asks again (thesis §6.3): return data that is
   * not changed afterwards, not a part of the state.
   */
  apply(command: Command, context: ApplyContext): Result
}

/** Thrown by `apply` before it changed anything: the proposer gets ERR_COMMAND_REJECTED with this as its cause. */
export class CommandRejected extends Error {
  override readonly name: string = 'CommandRejected'
}

/** What a node is given: it makes one machine of its own, so that nodes of one process share nothing. */
export interface StateMachineFactory<Command, Result, State> {
  readonly codec: CommandCodec<Command>
  create(): StateMachine<Command, Result, State>
}
