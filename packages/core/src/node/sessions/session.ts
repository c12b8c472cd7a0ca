// One client session (Raft §8, thesis §6.3): which of its commands have been applied, and with what outcome.
import type { LogIndex, Term } from '../../consensus/types.js'
import type { CommandRejected } from '../../ports/state-machine.js'

/** How far a client may run ahead of what it acknowledges: it bounds the outcomes kept. Part of the protocol. */
export const SEQUENCE_WINDOW: number = 2 ** 20

/** Room for outcomes at first, and how much is kept when it is not needed any more. */
const SLOTS_MIN = 4
const SLOTS_KEPT = 4_096

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
  /** How often its table had been captured when it was made: once more, and it must not change any more. */
  captures = 0
  /** No outcome below it is kept. Never goes back. */
  #acknowledgedBelow = 1
  /** The first sequence that is not applied; the ones behind the gap not counted. */
  #end = 1
  /**
   * Outcomes from acknowledgedBelow to end, each at its sequence modulo the length, a power of two. In three arrays that
   * stay rather than as objects: at hundreds of thousands of commands a second an object each is felt.
   */
  #results: unknown[] = new Array<unknown>(SLOTS_MIN)
  #indexes: Float64Array = new Float64Array(SLOTS_MIN)
  #terms: Float64Array = new Float64Array(SLOTS_MIN)
  /** Outcomes behind a gap: their predecessors come later, or never. */
  #early = new Map<number, Outcome>()

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

  stateOf(sequence: number): SequenceState {
    const ahead = sequence - this.#acknowledgedBelow
    if (ahead < 0) return 'forgotten'
    if (ahead >= SEQUENCE_WINDOW) return 'beyond'
    if (sequence < this.#end) return 'known'
    return this.#early.size > 0 && this.#early.has(sequence) ? 'known' : 'new'
  }

  /** The outcome of a 'known' sequence. */
  outcomeOf(sequence: number): Outcome {
    const early = this.#early.get(sequence)
    if (early !== undefined) return early
    const slot = sequence & (this.#results.length - 1)
    return { result: this.#results[slot], index: this.#indexes[slot]!, term: this.#terms[slot]! }
  }

  /** Every outcome that is kept, with its sequence. */
  *outcomes(): Generator<[sequence: number, outcome: Outcome], void, undefined> {
    for (let sequence = this.#acknowledgedBelow; sequence < this.#end; sequence++)
      yield [sequence, this.outcomeOf(sequence)]
    yield* this.#early
  }

  /** The same as of now; what comes later changes only this one. */
  copy(): Session {
    const copy = new Session(this.id, this.ttlMs, this.lastActive)
    copy.#acknowledgedBelow = this.#acknowledgedBelow
    copy.#end = this.#end
    copy.#results = this.#results.slice()
    copy.#indexes = this.#indexes.slice()
    copy.#terms = this.#terms.slice()
    copy.#early = new Map(this.#early)
    return copy
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
    if (this.#end - this.#acknowledgedBelow === this.#results.length) this.#resize(this.#results.length * 2)
    const slot = this.#end & (this.#results.length - 1)
    this.#results[slot] = result
    this.#indexes[slot] = index
    this.#terms[slot] = term
    this.#end++
  }

  #resize(length: number): void {
    const results = new Array<unknown>(length)
    const indexes = new Float64Array(length)
    const terms = new Float64Array(length)
    const mask = this.#results.length - 1
    for (let sequence = this.#acknowledgedBelow; sequence < this.#end; sequence++) {
      const slot = sequence & (length - 1)
      results[slot] = this.#results[sequence & mask]
      indexes[slot] = this.#indexes[sequence & mask]!
      terms[slot] = this.#terms[sequence & mask]!
    }
    this.#results = results
    this.#indexes = indexes
    this.#terms = terms
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
    const mask = this.#results.length - 1
    const last = Math.min(below, this.#end)
    for (let sequence = this.#acknowledgedBelow; sequence < last; sequence++)
      this.#results[sequence & mask] = undefined
    this.#acknowledgedBelow = below
    this.#end = Math.max(this.#end, below)
    if (mask >= SLOTS_KEPT && (this.#end - below) * 8 < mask) this.#resize((mask + 1) / 2)
    if (this.#early.size === 0) return
    for (const sequence of this.#early.keys()) if (sequence < below) this.#early.delete(sequence)
    this.#closeGap()
  }
}
