// Wing and Gong (1993), with Lowe's memory of configurations and his just-in-time order (Testing for linearizability,
// 2016): an operation is placed when its return demands it, others only as far as they help to place that one.
import { type Budget, type Configuration, Configurations, type Path, StateTable } from './configurations.js'
import type { History } from './history.js'
import { type Model, UNKNOWN } from './model.js'
import { type Placeable, Timeline } from './timeline.js'

export type Found<Input, Output> =
  | { readonly type: 'linearizable'; readonly order: Placeable<Input, Output>[] }
  | {
      readonly type: 'stuck'
      /** An order that got furthest, and the operation whose return it did not get past. */
      readonly order: Placeable<Input, Output>[]
      readonly unplaced: Placeable<Input, Output>
    }
  | { readonly type: 'exhausted'; readonly budget: 'steps' | 'configurations' }

/** Ways to get past one position: nearest first, and not worked out before they are needed. */
interface Frame {
  readonly queue: Configuration[]
  /** Up to here the demanded operation was tried. */
  tried: number
  /** Up to here what else might come first was added to the queue. */
  widened: number
}

/** Searches one part of a history; operations that were not applied are left out. */
export function search<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  budget: Budget,
): Found<Input, Output> {
  return new Search(model.specialize?.(history) ?? model, history, budget).run()
}

class Search<Input, Output> {
  readonly #model: Model<unknown, Input, Output>
  readonly #timeline: Timeline<Input, Output>
  readonly #budget: Budget
  readonly #states: StateTable<unknown>
  readonly #met: Configurations
  #furthest: Configuration

  constructor(model: Model<unknown, Input, Output>, history: History<Input, Output>, budget: Budget) {
    this.#model = model
    this.#timeline = new Timeline(model, history)
    this.#budget = budget
    this.#states = new StateTable(model)
    this.#met = new Configurations(this.#timeline.slotWords, budget)
    const bits = new Int32Array(this.#timeline.words)
    this.#furthest = this.#settle(0, this.#states.number(model.init()), bits, undefined)
    this.#met.admit(this.#furthest)
  }

  run(): Found<Input, Output> {
    const end = this.#timeline.returnedCount
    const frames: Frame[] = [frameOf(this.#furthest)]
    while (this.#furthest.position < end) {
      if (this.#budget.stepsLeft <= 0) return { type: 'exhausted', budget: 'steps' }
      if (this.#budget.configurationsLeft <= 0) return { type: 'exhausted', budget: 'configurations' }
      const frame = frames.at(-1)
      if (!frame) return this.#stuck()
      if (frame.tried < frame.queue.length) {
        const configuration = frame.queue[frame.tried++]!
        const next = this.#place(configuration, configuration.position)
        if (next) frames.push(frameOf(next))
      } else if (frame.widened < frame.queue.length) {
        this.#widen(frame, frames)
      } else {
        frames.pop()
      }
    }
    return { type: 'linearizable', order: this.#order(this.#furthest.path) }
  }

  /** Adds everything that may be placed ahead of the demanded operation. */
  #widen(frame: Frame, frames: Frame[]): void {
    const configuration = frame.queue[frame.widened++]!
    const { position, bits, path } = configuration
    const { bitOf, returnedCount, readOnly, overwrites, twinOf } = this.#timeline
    const add = (operation: number): void => {
      const next = this.#place(configuration, operation)
      if (!next) return
      if (next.position > position) frames.push(frameOf(next))
      else frame.queue.push(next)
    }
    for (const operation of this.#timeline.pendingAt(position))
      if (!has(bits, bitOf[operation]!) && !readOnly[operation]) add(operation)
    // Right after an unknown operation, one that hides its effect: the same without the first is a better configuration.
    const hides = path !== undefined && path.operation >= returnedCount
    const unknownEnd = this.#timeline.unknownEndAt(position)
    for (let operation = returnedCount; operation < unknownEnd; operation++) {
      if (has(bits, bitOf[operation]!) || (hides && overwrites[operation])) continue
      // Of operations with one effect the first called goes first: in any order they can change places.
      const twin = twinOf[operation]!
      if (twin === -1 || has(bits, bitOf[twin]!)) add(operation)
    }
  }

  /** The configuration after `operation`, if that is legal and worth searching. */
  #place(configuration: Configuration, operation: number): Configuration | undefined {
    const state = this.#step(configuration.state, operation)
    if (state === -1) return undefined
    const bits = configuration.bits.slice()
    add(bits, this.#timeline.bitOf[operation]!)
    const path = { operation, before: configuration.path }
    const next = this.#settle(configuration.position, state, bits, path)
    if (!this.#met.admit(next)) return undefined
    if (next.position > this.#furthest.position) this.#furthest = next
    return next
  }

  /**
   * Goes past returns that are placed. Places every read that is legal now: it changes nothing, so whatever order could
   * follow without it can follow with it.
   */
  #settle(position: number, state: number, bits: Int32Array, path: Path | undefined): Configuration {
    const { returnedCount, bitOf, readOnly } = this.#timeline
    const read = (operation: number): void => {
      if (!readOnly[operation] || has(bits, bitOf[operation]!) || this.#step(state, operation) === -1) return
      add(bits, bitOf[operation]!)
      path = { operation, before: path }
    }
    while (position < returnedCount) {
      read(position)
      for (const operation of this.#timeline.pendingAt(position)) read(operation)
      if (!has(bits, bitOf[position]!)) break
      remove(bits, bitOf[position]!)
      position++
    }
    return { position, state, bits, path, next: undefined }
  }

  /** The number of the state after it, or -1 if it is not legal. */
  #step(state: number, operation: number): number {
    this.#budget.stepsLeft--
    const called = this.#timeline.operations[operation]!
    const output = called.outcome === 'returned' ? called.output : UNKNOWN
    const step = this.#model.step(this.#states.get(state), called.input, output)
    return step.legal ? this.#states.number(step.state) : -1
  }

  #stuck(): Found<Input, Output> {
    const { path, position } = this.#furthest
    return { type: 'stuck', order: this.#order(path), unplaced: this.#timeline.operations[position]! }
  }

  #order(path: Path | undefined): Placeable<Input, Output>[] {
    const order: Placeable<Input, Output>[] = []
    for (let at = path; at; at = at.before) order.push(this.#timeline.operations[at.operation]!)
    return order.reverse()
  }
}

function frameOf(configuration: Configuration): Frame {
  return { queue: [configuration], tried: 0, widened: 0 }
}

function has(bits: Int32Array, bit: number): boolean {
  return ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1
}

function add(bits: Int32Array, bit: number): void {
  bits[bit >>> 5]! |= 1 << (bit & 31)
}

function remove(bits: Int32Array, bit: number): void {
  bits[bit >>> 5]! &= ~(1 << (bit & 31))
}
