// Sees early that an order cannot go on, for models that tell which states an output needs and an input makes.
//
// A value that was overwritten while somebody has yet to see it, and that nobody can write again, makes the order
// hopeless at once. Without looking ahead that shows when the reader returns: after everything in between has been
// tried in every order.
import type { Configuration, StateTable } from './configurations.js'
import { type Model, NEVER_BEFORE } from './model.js'
import type { Timeline } from './timeline.js'

type Hash = string | number

/** Who makes states of one hash, and who needs them; ascending, so returned ones by return. */
interface Demand {
  readonly makers: number[]
  readonly needers: number[]
}

/** `blocker`: what might be placed first to make it possible after all, or -1. */
export type Prospect =
  | { readonly isHopeless: false }
  | { readonly isHopeless: true; readonly blocker: number }

const OPEN: Prospect = { isHopeless: false }

export class Prospects<Input, Output> {
  readonly #model: Model<unknown, Input, Output>
  readonly #timeline: Timeline<Input, Output>
  readonly #states: StateTable<unknown>
  readonly #demands = new Map<Hash, Demand>()
  readonly #needs: (Hash | undefined)[] = []
  readonly #makes: (Hash | typeof NEVER_BEFORE | undefined)[] = []

  /** Undefined for a model that does not tell. */
  static of<Input, Output>(
    model: Model<unknown, Input, Output>,
    timeline: Timeline<Input, Output>,
    states: StateTable<unknown>,
  ): Prospects<Input, Output> | undefined {
    return model.needs && model.makes ? new Prospects(model, timeline, states) : undefined
  }

  private constructor(
    model: Model<unknown, Input, Output>,
    timeline: Timeline<Input, Output>,
    states: StateTable<unknown>,
  ) {
    this.#model = model
    this.#timeline = timeline
    this.#states = states
    for (const [number, operation] of timeline.operations.entries()) {
      const made = model.makes?.(operation.input)
      const needed =
        operation.outcome === 'returned' ? model.needs?.(operation.input, operation.output) : undefined
      this.#makes.push(made)
      this.#needs.push(needed)
      if (made !== undefined && made !== NEVER_BEFORE) this.#demand(made).makers.push(number)
      if (needed !== undefined) this.#demand(needed).needers.push(number)
    }
  }

  /**
   * Whether no order at all is possible, for one of two reasons that need no search: a state is needed before anybody
   * can have made it; or only one operation makes it, and between that and a later need for it comes one that cannot
   * leave it alone.
   */
  isContradiction(): boolean {
    if (this.#makes.includes(NEVER_BEFORE)) return false
    const initial = this.#model.hash(this.#model.init())
    for (const [hash, { makers, needers }] of this.#demands) {
      const isMade = (needer: number): boolean =>
        hash === initial || makers.some((maker) => this.#timeline.isCalledAt(maker, needer))
      // Returned operations are in order: whoever has called by the first one's return has called by all.
      if (needers.length > 0 && !isMade(needers[0]!)) return true
      if (makers.length === 1 && this.#isInterrupted(hash, makers[0]!, needers)) return true
    }
    return false
  }

  #isInterrupted(hash: Hash, maker: number, needers: readonly number[]): boolean {
    if (maker >= this.#timeline.returnedCount) return false
    const end = needers.reduce(
      (latest, needer) => Math.max(latest, this.#timeline.firstPositionOf(needer)),
      0,
    )
    for (let operation = maker + 1; operation < end; operation++)
      if (this.#timeline.firstPositionOf(operation) > maker && !this.#fits(operation, hash)) return true
    return false
  }

  /** Whether no order goes on from `now` with `operation`, which leads to `state`. */
  after(now: Configuration, operation: number, state: number): Prospect {
    const left = this.#model.hash(this.#states.get(now.state))
    const entered = this.#model.hash(this.#states.get(state))
    if (left === entered) return OPEN
    if (this.#lastNeeder(left, now, operation) !== -1) return { isHopeless: true, blocker: -1 }
    const last = this.#lastNeeder(entered, now, operation)
    if (last === -1) return OPEN
    // The state must stay until `last`. What returned before that was called must fit in, or should have gone before.
    const end = this.#timeline.firstPositionOf(last)
    for (let other = now.position; other < end; other++) {
      if (other !== operation && !this.#timeline.isPlaced(other, now) && !this.#fits(other, entered))
        return { isHopeless: true, blocker: other }
    }
    return OPEN
  }

  /** The last operation to return that still needs a state that cannot be made again; -1 if none does. */
  #lastNeeder(hash: Hash, now: Configuration, placed: number): number {
    const demand = this.#demands.get(hash)
    if (!demand) return -1
    const last = this.#lastUnplaced(demand.needers, now, placed)
    return last !== -1 && this.#lastUnplaced(demand.makers, now, placed) === -1 ? last : -1
  }

  #lastUnplaced(operations: readonly number[], now: Configuration, placed: number): number {
    for (let i = operations.length - 1; i >= 0 && operations[i]! >= now.position; i--)
      if (operations[i] !== placed && !this.#timeline.isPlaced(operations[i]!, now)) return operations[i]!
    return -1
  }

  #fits(operation: number, hash: Hash): boolean {
    const needed = this.#needs[operation]
    if (needed !== undefined && needed !== hash) return false
    return !this.#timeline.overwrites[operation] || this.#makes[operation] === hash
  }

  #demand(hash: Hash): Demand {
    let demand = this.#demands.get(hash)
    if (!demand) {
      demand = { makers: [], needers: [] }
      this.#demands.set(hash, demand)
    }
    return demand
  }
}
