// The verdict on a history.
import { type Explanation, explain } from './explain.js'
import { assertHistory, type History } from './history.js'
import type { Model } from './model.js'
import { search } from './search.js'

export interface CheckOptions {
  /** Model steps and comparisons per part (such as a key), once to judge and once to explain. Default: 20 million. */
  readonly stepsMax?: number
  /** Configurations remembered per part, a few hundred bytes each. Default: 1 million. */
  readonly configurationsMax?: number
}

/** Not deciding is a failure too: `ok` is true only for a proof. */
export type CheckResult<Input, Output> =
  | { readonly ok: true; readonly explanation?: undefined; readonly exhausted?: undefined }
  | { readonly ok: false; readonly explanation: Explanation<Input, Output>; readonly exhausted?: undefined }
  | { readonly ok: false; readonly explanation?: undefined; readonly exhausted: Exhausted }

export interface Exhausted {
  readonly budget: 'steps' | 'configurations'
  /** How many operations the part had that was too hard. */
  readonly operations: number
}

/** @throws RangeError for a history with impossible times */
export function checkLinearizability<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): CheckResult<Input, Output> {
  assertHistory(history)
  const { stepsMax = 20_000_000, configurationsMax = 1_000_000 } = options
  const limits = { stepsMax, configurationsMax }
  // States stay with the model that made them.
  const anyState = model as Model<unknown, Input, Output>
  let exhausted: Exhausted | undefined
  for (const part of model.partition?.(history) ?? [history]) {
    const budget = { stepsLeft: stepsMax, configurationsLeft: configurationsMax }
    const found = search(anyState, part, budget)
    if (found.type === 'stuck') return { ok: false, explanation: explain(anyState, part, limits) }
    // A later part may still show a violation, which says more.
    if (found.type === 'exhausted') exhausted ??= { budget: found.budget, operations: part.length }
  }
  return exhausted ? { ok: false, exhausted } : { ok: true }
}
