// What the system should do when operations run one after the other.
import type { History } from './history.js'

/** In place of an output that no client saw: every output is possible. */
export const UNKNOWN: unique symbol = Symbol('unknown output')
export type Observed<Output> = Output | typeof UNKNOWN

/** In place of the hash of a state that cannot have been there before, as in a counter that only grows. */
export const NEVER_BEFORE: unique symbol = Symbol('never before')

export type Step<State> = { readonly legal: true; readonly state: State } | { readonly legal: false }
export const ILLEGAL: Step<never> = { legal: false }

/** All methods are pure; states, inputs and outputs are never changed. */
export interface Model<State, Input, Output> {
  init(): State
  /** Whether `input` in `state` may give `output`, and the state after it. */
  step(state: State, input: Input, output: Observed<Output>): Step<State>
  /** Equal states have equal hashes. */
  hash(state: State): string | number
  /** Default: states of equal hash are equal. */
  equal?(a: State, b: State): boolean
  /** Parts that do not influence each other, such as keys: linearizable exactly if each part is (Herlihy and Wing). */
  partition?(history: History<Input, Output>): History<Input, Output>[]
  /**
   * A model that gives the same verdict on this one part, faster: it knows beforehand everything that will be observed.
   * Its state may be of another type.
   */
  specialize?(history: History<Input, Output>): Model<unknown, Input, Output>

  /** Whether `input` leaves every state as it is, whatever the output. Such operations are never branched on. */
  readOnly?(input: Input): boolean
  /** Whether `input`, its output unknown, is legal in every state and leads to one state from all. */
  overwrites?(input: Input): boolean
  /** Inputs of the same key, their output unknown, do the same to every state. Undefined: like no other. */
  effectKey?(input: Input): string | number | undefined
  /**
   * Both or neither. `needs`: the hash of the only states in which this output is possible; undefined if there are
   * several. `makes`: the hash of the only states that `input` may change another state to, or NEVER_BEFORE; undefined
   * if it changes none.
   */
  needs?(input: Input, output: Output): string | number | undefined
  makes?(input: Input): string | number | typeof NEVER_BEFORE | undefined

  /** For explanations. Default: JSON. */
  describe?(input: Input, output: Observed<Output>): string
  describeState?(state: State): string
}

/** A partition by key, in the order in which keys first appear. */
export function byKey<Input, Output>(
  keyOf: (input: Input) => string,
): (history: History<Input, Output>) => History<Input, Output>[] {
  return (history) => {
    const parts = new Map<string, History<Input, Output>[number][]>()
    for (const operation of history) {
      const key = keyOf(operation.input)
      const part = parts.get(key)
      if (part) part.push(operation)
      else parts.set(key, [operation])
    }
    return [...parts.values()]
  }
}
