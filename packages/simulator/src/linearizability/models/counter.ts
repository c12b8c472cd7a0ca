// A number that is added to.
import type { History } from '../history.js'
import { ILLEGAL, type Model, NEVER_BEFORE, type Observed, type Step, UNKNOWN } from '../model.js'

export type CounterInput = { readonly type: 'read' } | { readonly type: 'add'; readonly amount: number }

/** The counter as a read saw it, or after an addition; `undefined` if an addition does not tell. */
export type CounterOutput = number | undefined

export function counterModel(initial = 0): Model<number, CounterInput, CounterOutput> {
  const model: Model<number, CounterInput, CounterOutput> = {
    init: () => initial,
    step(state, input, output): Step<number> {
      const after = input.type === 'add' ? state + input.amount : state
      const isSilent = output === UNKNOWN || (input.type === 'add' && output === undefined)
      return isSilent || output === after ? { legal: true, state: after } : ILLEGAL
    },
    hash: (state) => state,
    readOnly: (input) => input.type === 'read' || input.amount === 0,
    effectKey: (input) => (input.type === 'add' ? input.amount : undefined),
    describe,
    describeState: (state) => `the counter is ${state}`,
  }
  const growing: typeof model = {
    ...model,
    needs,
    makes: ({ type }) => (type === 'read' ? undefined : NEVER_BEFORE),
  }
  return {
    ...model,
    specialize: ((history) => (isGrowing(initial, history) ? growing : model)) as Specialize,
  }
}

/** Whether it only grows, and so little that sums and differences are exact. */
function isGrowing(initial: number, history: History<CounterInput, CounterOutput>): boolean {
  const amounts = history.map(({ input }) => (input.type === 'add' ? input.amount : 0))
  const isWhole = amounts.every((amount) => Number.isInteger(amount) && amount >= 0)
  const largest = amounts.reduce((a, b) => a + b, Math.abs(initial))
  return isWhole && Number.isInteger(initial) && Number.isSafeInteger(largest)
}

type Specialize = NonNullable<Model<unknown, CounterInput, CounterOutput>['specialize']>

function needs(input: CounterInput, output: CounterOutput): number | undefined {
  return output === undefined || input.type === 'read' ? output : output - input.amount
}

function describe(input: CounterInput, output: Observed<CounterOutput>): string {
  const call = input.type === 'add' ? `add ${input.amount}` : 'read'
  return output === UNKNOWN || output === undefined ? call : `${call} → ${output}`
}
