// One client session (Raft §8, thesis §6.3): which of its commands have been applied, and with what outcome.
import type { LogIndex, Term } from '../../consensus/types.js'
import type { CommandRejected } from '../../ports/state-machine.js'

/** How far a client may run ahead of what it acknowledges: it bounds the outcomes kept. Part of the protocol. */
export const SEQUENCE_WINDOW: number = 2 ** 20

/** In the place of a result: the state machine refused the command. */
export class Rejection {
  readonly cause: CommandRejected

  constructor(cause: CommandRejected) {
    this.cause = cause
  }
}

/** What applying a command came to, and where. */
export interface Outcome {
  /** What apply returned, or a Rejection. */
  readonly result: unknown
  readonly index: LogIndex
  readonly term: Term
}

/**
 * 'new': to be applied. 'known': applied, with its outcome kept. 'forgotten': acknowledged, so that nobody knows any
 * more whether it was applied. 'beyond': further ahead than the window.
 */
export type SequenceState = 'new' | 'known' | 'forgotten' | 'beyond'

export class Session {
  readonly id: number
  readonly ttlMs: number
  /** The timestamp of its last command, or of its opening. */
  lastActive: number
  /** No outcome below it is kept. Never goes back. */
  #acknowledgedBelow = 1
  /**
   * Outcomes from acknowledgedBelow on without a gap, from position #head. In three arrays rather than as objects: at
   * hundreds of thousands of commands a second an object each is felt.
   */
  #results: unknown[] = []
  #indexes: LogIndex[] = []
  #terms: Term[] = []
  #head = 0
  /** Outcomes behind a gap: their predecessors come later, or never. */
  readonly #early = new Map<number, Outcome>()

  constructor(id: number, ttlMs: number, lastActive: number) {
    this.id = id
    this.ttlMs = ttlMs
    this.lastActive = lastActive
  }

  isExpired(timestamp: number): boolean {
    return timestamp - this.lastActive > this.ttlMs
  }

  get acknowledgedBelow(): number {
    return this.#acknowledgedBelow
  }

  /** The first sequence that is not applied, gaps counted. */
  get #end(): number {
    return this.#acknowledgedBelow + this.#results.length - this.#head
  }

  stateOf(sequence: number): SequenceState {
    const ahead = sequence - this.#acknowledgedBelow
    if (ahead < 0) return 'forgotten'
    if (ahead >= SEQUENCE_WINDOW) return 'beyond'
    return sequence < this.#end || this.#early.has(sequence) ? 'known' : 'new'
  }

  /** The outcome of a 'known' sequence. */
  outcomeOf(sequence: number): Outcome {
    const early = this.#early.get(sequence)
    if (early !== undefined) return early
    const at = this.#head + sequence - this.#acknowledgedBelow
    return { result: this.#results[at], index: this.#indexes[at]!, term: this.#terms[at]! }
  }

  /** A 'new' sequence has been applied. */
  record(sequence: number, result: unknown, index: LogIndex, term: Term): void {
    if (sequence !== this.#end) {
      this.#early.set(sequence, { result, index, term })
      return
    }
    this.#push(result, index, term)
    if (this.#early.size > 0) this.#closeGap()
  }

  #push(result: unknown, index: LogIndex, term: Term): void {
    this.#results.push(result)
    this.#indexes.push(index)
    this.#terms.push(term)
  }

  #closeGap(): void {
    for (let next = this.#early.get(this.#end); next !== undefined; next = this.#early.get(this.#end)) {
      this.#early.delete(this.#end)
      this.#push(next.result, next.index, next.term)
    }
  }

  /** The client needs no outcome below `below` any more. */
  acknowledge(below: number): void {
    if (below <= this.#acknowledgedBelow) return
    this.#head = Math.min(this.#head + below - this.#acknowledgedBelow, this.#results.length)
    this.#acknowledgedBelow = below
    // In slices that grow with what is kept: constant work a command.
    if (this.#head * 2 >= this.#results.length) {
      this.#results = this.#results.slice(this.#head)
      this.#indexes = this.#indexes.slice(this.#head)
      this.#terms = this.#terms.slice(this.#head)
      this.#head = 0
    }
    if (this.#early.size === 0) return
    for (const sequence of this.#early.keys()) if (sequence < below) this.#early.delete(sequence)
    this.#closeGap()
  }
}
