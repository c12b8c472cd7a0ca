// The configurations that the search has met, and the memory that keeps it from searching one twice.
import type { Model } from './model.js'

/** An order of operations, from its end. */
export interface Path {
  readonly operation: number
  readonly before: Path | undefined
}

/** What matters for how an order can go on: what was placed, and the state after it. */
export interface Configuration {
  /** All returned operations before it are placed, it is not. */
  readonly position: number
  readonly state: number
  /** Placed as well: slots, then operations without an outcome. */
  readonly bits: Int32Array
  readonly path: Path | undefined
  /** The next one of the same hash. */
  readonly next: Configuration | undefined
}

/** What a search may cost; counted, not timed, so that a verdict is the same on every machine. */
export interface Budget {
  stepsLeft: number
  configurationsLeft: number
}

/**
 * Remembers configurations, and turns away one that is no better than one met before.
 *
 * A is at least as good as B if position, state and slots are equal and the operations without an outcome that A has
 * used are a subset of those that B has used. Whatever order completes B completes A: what B may still place, A may
 * place too, for an operation once called stays available, and what A has left over it need never place. So searching
 * A alone is enough. Without this rule every subset of the unknown operations would be a configuration of its own.
 */
export class Configurations {
  readonly #byHash = new Map<number, Configuration>()
  readonly #slotWords: number
  readonly #budget: Budget

  constructor(slotWords: number, budget: Budget) {
    this.#slotWords = slotWords
    this.#budget = budget
  }

  /** Keeps a copy, if it is worth searching: most are not, and their bits are no garbage this way. */
  admit(configuration: Configuration): Configuration | undefined {
    const hash = this.#hash(configuration)
    const first = this.#byHash.get(hash)
    for (let met = first; met; met = met.next) {
      this.#budget.stepsLeft--
      if (this.#isAtLeastAsGood(met, configuration)) return undefined
    }
    this.#budget.configurationsLeft--
    const kept = { ...configuration, bits: configuration.bits.slice(), next: first }
    this.#byHash.set(hash, kept)
    return kept
  }

  #isAtLeastAsGood(a: Configuration, b: Configuration): boolean {
    if (a.position !== b.position || a.state !== b.state) return false
    for (let i = 0; i < this.#slotWords; i++) if (a.bits[i] !== b.bits[i]) return false
    for (let i = this.#slotWords; i < a.bits.length; i++) if ((a.bits[i]! & ~b.bits[i]!) !== 0) return false
    return true
  }

  #hash({ position, state, bits }: Configuration): number {
    let hash = Math.imul(position + 1, 0x9e3779b1) ^ Math.imul(state + 1, 0x85ebca6b)
    for (let i = 0; i < this.#slotWords; i++) hash = Math.imul(hash ^ bits[i]!, 0x01000193) ^ (hash >>> 15)
    return hash
  }
}

/** Numbers states, so that equal ones are compared once. */
export class StateTable<State> {
  readonly #model: Pick<Model<State, never, never>, 'hash' | 'equal'>
  readonly #byHash = new Map<string | number, number[]>()
  readonly #states: State[] = []

  constructor(model: Pick<Model<State, never, never>, 'hash' | 'equal'>) {
    this.#model = model
  }

  number(state: State): number {
    const hash = this.#model.hash(state)
    const numbers = this.#byHash.get(hash)
    const known = numbers?.find((number) => this.#model.equal?.(this.#states[number]!, state) ?? true)
    if (known !== undefined) return known
    const number = this.#states.push(state) - 1
    if (numbers) numbers.push(number)
    else this.#byHash.set(hash, [number])
    return number
  }

  get(number: number): State {
    return this.#states[number]!
  }
}

export function has(bits: Int32Array, bit: number): boolean {
  return ((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1
}

export function add(bits: Int32Array, bit: number): void {
  bits[bit >>> 5]! |= 1 << (bit & 31)
}

export function remove(bits: Int32Array, bit: number): void {
  bits[bit >>> 5]! &= ~(1 << (bit & 31))
}
