// A number that is added to.
import { ILLEGAL, type Model, type Observed, type Step, UNKNOWN } from '../model.js'

export type CounterInput = { readonly type: 'read' } | { readonly type: 'add'; readonly amount: number }

/** The counter as a read saw it, or after an addition; `undefined` if an addition does not tell. */
export type CounterOutput = number | undefined

export function counterModel(initial = 0): Model<number, CounterInput, CounterOutput> {
  return {
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
}

function describe(input: CounterInput, output: Observed<CounterOutput>): string {
  const call = input.type === 'add' ? `add ${input.amount}` : 'read'
  return output === UNKNOWN || output === undefined ? call : `${call} → ${output}`
}
