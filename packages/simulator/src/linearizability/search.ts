// Wing and Gong (1993), with Lowe's memory of configurations and his just-in-time order (Testing for linearizability,
// 2016): an operation is placed when its return demands it, others only as far as they help to place that one.
import {
  add,
  type Budget,
  type Configuration,
  Configurations,
  has,
  type Path,
  remove,
  StateTable,
} from './configurations.js'
import type { History } from './history.js'
import { type Model, UNKNOWN } from './model.js'
import { Prospects } from './prospects.js'
import { type Placeable, Timeline } from './timeline.js'

export type Found<Input, Output> =
  | { readonly type: 'linearizable'; readonly order: Placeable<Input, Output>[] }
  | ({ readonly type: 'stuck' } & Furthest<Input, Output>)
  | ({ readonly type: 'exhausted'; readonly budget: 'steps' | 'configurations' } & Furthest<Input, Output>)

/** An order that got as far as any did, and the operation whose return it did not get past. */
export interface Furthest<Input, Output> {
  readonly order: Placeable<Input, Output>[]
  readonly unplaced: Placeable<Input, Output>
}

/** Ways to get past one position: nearest first, and not worked out before they are needed. */
interface Frame {
  readonly queue: Configuration[]
  /** Up to here the demanded operation was tried. */
  tried: number
  /** Up to here what else might come first was added to the queue. */
  widened: number
}

/**
 * Searches one part of a history; operations that were not applied are left out. Without looking ahead it is slower but
 * gets as far as an order can get, where otherwise it stops as soon as it is clear that there is no order.
 */
export function search<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  budget: Budget,
  looksAhead = true,
): Found<Input, Output> {
  return new Search(model.specialize?.(history) ?? model, history, budget, looksAhead).run()
}

class Search<Input, Output> {
  readonly #model: Model<unknown, Input, Output>
  readonly #timeline: Timeline<Input, Output>
  readonly #budget: Budget
  readonly #states: StateTable<unknown>
  readonly #met: Configurations
  readonly #prospects: Prospects<Input, Output> | undefined
  readonly #bits: Int32Array
  #furthest: Configuration
  /** What kept the last operation from being placed, and might go first; or -1. */
  #blocker = -1

  constructor(
    model: Model<unknown, Input, Output>,
    history: History<Input, Output>,
    budget: Budget,
    looksAhead: boolean,
  ) {
    this.#model = model
    this.#timeline = new Timeline(model, history)
    this.#budget = budget
    this.#states = new StateTable(model)
    this.#met = new Configurations(this.#timeline.slotWords, budget)
    if (looksAhead) this.#prospects = Prospects.of(model, this.#timeline, this.#states)
    this.#bits = new Int32Array(this.#timeline.words)
    this.#furthest = this.#met.admit(this.#settle(0, this.#states.number(model.init()), undefined))!
  }

  run(): Found<Input, Output> {
    const end = this.#timeline.returnedCount
    const frames: Frame[] = [frameOf(this.#furthest)]
    if (this.#prospects?.isContradiction()) return { ...this.#reached(), type: 'stuck' }
    while (this.#furthest.position < end) {
      if (this.#budget.stepsLeft <= 0) return { ...this.#reached(), type: 'exhausted', budget: 'steps' }
      if (this.#budget.configurationsLeft <= 0)
        return { ...this.#reached(), type: 'exhausted', budget: 'configurations' }
      const frame = frames.at(-1)
      if (!frame) return { ...this.#reached(), type: 'stuck' }
      if (frame.tried < frame.queue.length) {
        const configuration = frame.queue[frame.tried++]!
        const next = this.#meetDemand(configuration)
        if (next) frames.push(frameOf(next))
      } else if (frame.widened < frame.queue.length) {
        this.#widen(frame, frames)
      } else {
        frames.pop()
      }
    }
    return { type: 'linearizable', order: this.#order(this.#furthest.path) }
  }

  /** Places the demanded operation; or what must go before it, as far as that can be told. */
  #meetDemand(configuration: Configuration): Configuration | undefined {
    const { position, bits } = configuration
    let operation = position
    // Each blocker may have a blocker; in a circle there is none to begin with.
    for (let tries = 0; tries <= this.#timeline.slotWords * 32; tries++) {
      const next = this.#place(configuration, operation)
      if (next || this.#blocker === -1) return next
      operation = this.#blocker
      if (this.#timeline.firstPositionOf(operation) > position || has(bits, this.#timeline.bitOf[operation]!))
        return undefined
    }
    return undefined
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
    this.#blocker = -1
    const state = this.#step(configuration.state, operation)
    if (state === -1) return undefined
    const prospect = this.#prospects?.after(configuration, operation, state)
    if (prospect?.isHopeless) {
      this.#blocker = prospect.blocker
      return undefined
    }
    this.#bits.set(configuration.bits)
    add(this.#bits, this.#timeline.bitOf[operation]!)
    const path = { operation, before: configuration.path }
    const next = this.#met.admit(this.#settle(configuration.position, state, path))
    if (next && next.position > this.#furthest.position) this.#furthest = next
    return next
  }

  /**
   * Goes past returns that are placed. Places every read that is legal now: it changes nothing, so whatever order could
   * follow without it can follow with it. Works on the bits of the configuration to be.
   */
  #settle(position: number, state: number, path: Path | undefined): Configuration {
    const { returnedCount, bitOf, readOnly } = this.#timeline
    const bits = this.#bits
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

  #reached(): Furthest<Input, Output> {
    const { path, position } = this.#furthest
    return { order: this.#order(path), unplaced: this.#timeline.operations[position]! }
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
