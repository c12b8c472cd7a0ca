// The smallest part of a history that cannot be.
//
// Leaving an operation out is not enough of a reason: without its write every read is impossible. So what is not
// needed is set free instead: it may take effect at any time, before its call too, once or never. A history that was
// linearizable stays so when an operation is set free; hence what remains impossible beside free operations was
// impossible for its own sake, wherever the others took effect.
import type { History, Operation, Unknown } from './history.js'
import type { Model } from './model.js'
import { type Found, search } from './search.js'

export interface Limits {
  readonly stepsMax: number
  readonly configurationsMax: number
}

export interface Core<Input, Output> {
  /** Cannot be linearized, with the others free or without them. */
  readonly operations: Operation<Input, Output>[]
  /** Free ones that explain any of the operations once another one of these is set free as well. */
  readonly context: Operation<Input, Output>[]
  /** No further operation can be set free; false if the budget did not suffice to find out. */
  readonly minimal: boolean
}

/** `history` is one part and cannot be linearized. `first` is where to begin. */
export function shrink<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  limits: Limits,
  first: (operation: Operation<Input, Output>) => boolean,
): Core<Input, Output> {
  return new Shrinker(model, history, limits).run(first)
}

export function setFree<Input, Output>(operation: Operation<Input, Output>): Unknown<Input> {
  const { client, input } = operation
  return { client, input, calledAt: Number.NEGATIVE_INFINITY, outcome: 'unknown' }
}

class Shrinker<Input, Output> {
  readonly #model: Model<unknown, Input, Output>
  readonly #history: History<Input, Output>
  readonly #bound: Set<Operation<Input, Output>>
  readonly #configurationsMax: number
  #stepsLeft: number
  #minimal = true

  constructor(model: Model<unknown, Input, Output>, history: History<Input, Output>, limits: Limits) {
    this.#model = model
    this.#history = history.filter((operation) => operation.outcome !== 'not-applied')
    this.#bound = new Set(this.#history)
    this.#configurationsMax = limits.configurationsMax
    this.#stepsLeft = limits.stepsMax
  }

  run(first: (operation: Operation<Input, Output>) => boolean): Core<Input, Output> {
    this.#tryFree([...this.#bound].filter(first))
    let size = Math.ceil(this.#bound.size / 2)
    for (;;) {
      const isSmaller = this.#pass(size)
      if (size > 1) size = Math.ceil(size / 2)
      else if (!isSmaller) break
    }
    const operations = [...this.#bound]
    return { operations, context: this.#context(operations), minimal: this.#minimal }
  }

  /** Goes through what is bound once, `size` at a time. */
  #pass(size: number): boolean {
    const operations = [...this.#bound]
    let isSmaller = false
    for (let i = 0; i < operations.length; i += size)
      if (this.#tryFree(operations.slice(i, i + size))) isSmaller = true
    return isSmaller
  }

  #tryFree(operations: readonly Operation<Input, Output>[]): boolean {
    if (operations.length === 0) return false
    for (const operation of operations) this.#bound.delete(operation)
    const found = this.#search()
    if (found.type === 'stuck') return true
    if (found.type === 'exhausted') this.#minimal = false
    this.#bind(operations)
    return false
  }

  /** Keeps the order of the history. */
  #bind(operations: readonly Operation<Input, Output>[]): void {
    const all = new Set([...this.#bound, ...operations])
    this.#bound.clear()
    for (const operation of this.#history) if (all.has(operation)) this.#bound.add(operation)
  }

  #context(core: readonly Operation<Input, Output>[]): Operation<Input, Output>[] {
    const context = new Set<Operation<Input, Output>>()
    for (const operation of core) {
      this.#bound.delete(operation)
      const freed = new Map<unknown, Operation<Input, Output>>()
      const found = this.#search(freed)
      this.#bind([operation])
      if (found.type !== 'linearizable') continue
      for (const placed of found.order) {
        const original = freed.get(placed)
        if (original && original !== operation) context.add(original)
      }
    }
    return this.#history.filter((operation) => context.has(operation))
  }

  #search(freed?: Map<unknown, Operation<Input, Output>>): Found<Input, Output> {
    const history = this.#history.map((operation) => {
      if (this.#bound.has(operation)) return operation
      const free = setFree(operation)
      freed?.set(free, operation)
      return free
    })
    const budget = { stepsLeft: this.#stepsLeft, configurationsLeft: this.#configurationsMax }
    const found = search(this.#model, history, budget)
    this.#stepsLeft = budget.stepsLeft
    return found
  }
}
