// Why a history cannot be, for a person to read.
import type { History, NotApplied, Operation, Unknown } from './history.js'
import { type Model, type Observed, UNKNOWN } from './model.js'
import { type Furthest, search } from './search.js'
import { type Limits, setFree, shrink } from './shrink.js'
import { type Labels, render } from './text.js'

export interface Explanation<Input, Output> {
  /** The smallest part found that cannot be linearized, wherever all other operations took effect. */
  readonly operations: readonly Operation<Input, Output>[]
  /** Others that the reader needs to know of, such as the write of a value that was read. */
  readonly context: readonly Operation<Input, Output>[]
  /** Without any one of `operations` there is an order. False: the budget did not suffice to shrink further. */
  readonly minimal: boolean
  /** An order of `operations` and `context` that gets as far as any does ... */
  readonly prefix: readonly Operation<Input, Output>[]
  /** ... and the operation that has no place after it. */
  readonly unplaced: Operation<Input, Output>
  /** Answered as not applied, yet if one of these had been applied there would be an order. */
  readonly suspects: readonly Operation<Input, Output>[]
  /** All of it as text, with times per client. */
  readonly text: string
}

/** More of them are hardly looked at. */
const SUSPECTS_TRIED_MAX = 200
/** How far the whole history can be followed is for orientation only. */
const WHOLE_STEPS_MAX = 200_000

/** `history` is one part, and cannot be linearized. */
export function explain<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  limits: Limits,
): Explanation<Input, Output> {
  const whole = follow(model, history, { ...limits, stepsMax: Math.min(limits.stepsMax, WHOLE_STEPS_MAX) })
  const deadline =
    whole.unplaced.outcome === 'returned' ? whole.unplaced.returnedAt : Number.POSITIVE_INFINITY
  const core = shrink(model, history, limits, (operation) => operation.calledAt > deadline)
  const { operations, context, minimal } = core
  // The context is free, as it was while shrinking.
  const free = context.map(setFree)
  const shown = [...operations, ...free]
  const { order, unplaced } = follow(model, shown, limits)
  const prefix = order.map((operation) => context[free.indexOf(operation as Unknown<Input>)] ?? operation)
  const suspects = findSuspects(model, history, shown, limits)
  const facts = { operations, context, minimal, prefix, unplaced, suspects }
  return { ...facts, text: render(facts, { history, whole, state: replay(model, prefix) }, labelsOf(model)) }
}

function follow<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  limits: Limits,
): Furthest<Input, Output> {
  const found = search(model, history, budgetOf(limits), false)
  if (found.type === 'linearizable') throw new Error('the hints of the model contradict its steps')
  return found
}

/** The state after an order: searched states may be of a specialized model. */
function replay<Input, Output>(model: Model<unknown, Input, Output>, order: History<Input, Output>): unknown {
  let state = model.init()
  for (const operation of order) {
    const step = model.step(state, operation.input, outputOf(operation))
    if (step.legal) state = step.state
  }
  return state
}

function outputOf<Output>(operation: Operation<unknown, Output>): Observed<Output> {
  return operation.outcome === 'returned' ? operation.output : UNKNOWN
}

function findSuspects<Input, Output>(
  model: Model<unknown, Input, Output>,
  history: History<Input, Output>,
  shown: History<Input, Output>,
  limits: Limits,
): NotApplied<Input>[] {
  const budget = budgetOf(limits)
  return history
    .filter((operation) => operation.outcome === 'not-applied')
    .slice(0, SUSPECTS_TRIED_MAX)
    .filter(({ client, input, calledAt }) => {
      const applied: Operation<Input, Output> = { client, input, calledAt, outcome: 'unknown' }
      return search(model, [...shown, applied], budget).type === 'linearizable'
    })
}

function budgetOf(limits: Limits): { stepsLeft: number; configurationsLeft: number } {
  return { stepsLeft: limits.stepsMax, configurationsLeft: limits.configurationsMax }
}

function labelsOf<Input, Output>(model: Model<unknown, Input, Output>): Labels<Input, Output> {
  return {
    operation: (operation) => {
      const output = outputOf(operation)
      if (model.describe) return model.describe(operation.input, output)
      const input = JSON.stringify(operation.input)
      return output === UNKNOWN ? input : `${input} → ${JSON.stringify(output)}`
    },
    state: (state) => model.describeState?.(state) ?? String(JSON.stringify(state)),
  }
}
