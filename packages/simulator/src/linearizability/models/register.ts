// A single value that is read and written.
import { ILLEGAL, type Model, type Observed, type Step, UNKNOWN } from '../model.js'

export type RegisterValue = string | number | boolean | null

export type RegisterInput =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly value: RegisterValue }

/** What a read returned; a write's output is not looked at. */
export type RegisterOutput = RegisterValue | undefined

export function registerModel(
  initial: RegisterValue = null,
): Model<RegisterValue, RegisterInput, RegisterOutput> {
  return {
    init: () => initial,
    step(state, input, output): Step<RegisterValue> {
      if (input.type === 'write') return { legal: true, state: input.value }
      return output === UNKNOWN || output === state ? { legal: true, state } : ILLEGAL
    },
    hash: keyOf,
    readOnly: (input) => input.type === 'read',
    overwrites: (input) => input.type === 'write',
    effectKey: (input) => (input.type === 'write' ? keyOf(input.value) : undefined),
    needs: (input, output) => (input.type === 'read' ? keyOf(output) : undefined),
    makes: (input) => (input.type === 'write' ? keyOf(input.value) : undefined),
    describe,
    describeState: (state) => `the value is ${String(state)}`,
  }
}

function keyOf(value: RegisterOutput): string {
  return `${typeof value} ${value}`
}

function describe(input: RegisterInput, output: Observed<RegisterOutput>): string {
  if (input.type === 'write') return `write ${input.value}`
  return output === UNKNOWN ? 'read' : `read → ${output}`
}
