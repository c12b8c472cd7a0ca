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

/** A state as it was when it was captured. */
export interface MachineSnapshot {
  /**
   * Its bytes, iterated once and perhaps not to the end, piece by piece: a piece takes a few milliseconds at most to make,
   * so that the node has its turns in between. A piece may be changed once the next one is asked for.
   */
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /**
   * True: the content is made from the live state, so that nothing may be applied until it ends: commands wait. False:
   * applies go on, and the content still is what was captured.
   */
  readonly appliesWait: boolean
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
  /**
   * Captures the state as of now, at once (Raft §7). Called between two applies. The bytes are stored and sent to other
   * members: other versions of the machine have to understand them.
   */
  snapshot(): MachineSnapshot
  /**
   * Takes the state of a snapshot's content, instead of what it has: at start, and when this node lacks entries that nobody
   * has any more. Nothing is applied meanwhile, but `state` may be read: it changes in one step, at the end.
   * What it throws stops the node.
   */
  restore(content: AsyncIterable<Uint8Array>): Promise<void>
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
