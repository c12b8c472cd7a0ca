// Records a history while it happens.
import type { History, Operation } from './history.js'

/** Exact in a double at any millisecond since 1970. */
const TICK = 2 ** -10

/**
 * A simulated clock stands still while much happens, and equal times would count as overlapping: every event is
 * recorded at a later time than the one before, if need be by a tick of about a thousandth.
 */
export class HistoryRecorder<Input, Output> {
  readonly #operations: Operation<Input, Output>[] = []
  #last = Number.NEGATIVE_INFINITY

  /** Never settled means unknown. The same array all the time. */
  get history(): History<Input, Output> {
    return this.#operations
  }

  /** Returns what to settle the operation with. */
  call(client: string, input: Input, now: number): number {
    this.#operations.push({ client, input, calledAt: this.#at(now), outcome: 'unknown' })
    return this.#operations.length - 1
  }

  returned(id: number, output: Output, now: number): void {
    const { client, input, calledAt } = this.#open(id)
    const returnedAt = this.#at(now)
    this.#operations[id] = { client, input, calledAt, outcome: 'returned', returnedAt, output }
  }

  notApplied(id: number, now: number): void {
    const { client, input, calledAt } = this.#open(id)
    this.#operations[id] = { client, input, calledAt, outcome: 'not-applied', returnedAt: this.#at(now) }
  }

  #open(id: number): Operation<Input, Output> {
    const operation = this.#operations[id]
    if (operation?.outcome === 'unknown') return operation
    throw new RangeError(`operation ${id} is ${operation ? 'settled already' : 'not known'}`)
  }

  #at(now: number): number {
    this.#last = Math.max(now, this.#last + TICK)
    return this.#last
  }
}
