// A second opinion on the clients' history of registers: a search that knows nothing of logs and indexes, only what
// clients called and saw.

import type { Operation } from '../clients/operation.js'
import type { RegisterCommand, Registers } from '../clients/register-workload.js'
import {
  byKey,
  type CheckOptions,
  checkLinearizability,
  HistoryRecorder,
  ILLEGAL,
  type Model,
  UNKNOWN,
} from '../linearizability/index.js'

type Input = RegisterCommand | { readonly type: 'read'; readonly key: string }

/** 'rejected' in place of the result of a rejected swap. */
type Output = number | boolean | 'rejected'

/** A register's value; undefined: never written. */
type Value = number | undefined

const registerModel: Model<Value, Input, Output> = {
  init: () => undefined,
  step(state, input, output) {
    const is = (expected: Output): boolean => output === UNKNOWN || output === expected
    const become = (value: Value, expected: Output) =>
      is(expected) ? ({ legal: true, state: value } as const) : ILLEGAL
    switch (input.type) {
      case 'read':
        return become(state, state ?? 0)
      case 'write':
        return become(input.value, true)
      case 'add':
        return become((state ?? 0) + input.value, (state ?? 0) + input.value)
      case 'swap':
        return state === undefined ? become(state, 'rejected') : become(input.value, state)
      case 'cas':
        return (state ?? 0) === input.from ? become(input.value, true) : become(state, false)
      default:
        return input satisfies never
    }
  },
  hash: (state) => state ?? -1,
  readOnly: (input) => input.type === 'read',
  overwrites: (input) => input.type === 'write',
  partition: byKey((input) => input.key),
}

/** What is wrong, or that the search could not decide: that is a failure too. */
export function checkFromOutside(
  operations: readonly Operation<RegisterCommand, Registers>[],
  budget: CheckOptions = {},
): string | undefined {
  const recorder = new HistoryRecorder<Input, Output>()
  const settles: { readonly order: number; readonly settle: () => void }[] = []
  for (const operation of operations) {
    const { calledOrder, returnedOrder, outcome, result, client } = operation
    const input = inputOf(operation)
    if (input === undefined) continue
    let id = 0
    settles.push({
      order: calledOrder,
      settle: () => {
        id = recorder.call(String(client), input, calledOrder)
      },
    })
    const settle = (): void => {
      if (outcome === 'ok') recorder.returned(id, result as Output, returnedOrder)
      else if (outcome === 'rejected') recorder.returned(id, 'rejected', returnedOrder)
      else if (outcome === 'not-applied') recorder.notApplied(id, returnedOrder)
    }
    if (outcome !== 'pending' && outcome !== 'unknown') settles.push({ order: returnedOrder, settle })
  }
  for (const { settle } of settles.sort((a, b) => a.order - b.order)) settle()
  const { ok, explanation, exhausted } = checkLinearizability(registerModel, recorder.history, budget)
  if (ok) return undefined
  if (exhausted !== undefined)
    return `undecided: out of ${exhausted.budget} on ${exhausted.operations} operations of one register`
  return explanation?.text ?? 'not linearizable'
}

/** Local reads may be old, and reads of all registers at once are not this model's: both are judged by the log. */
function inputOf({ request, outcome }: Operation<RegisterCommand, Registers>): Input | undefined {
  if (request.kind === 'propose') return request.command
  if (request.consistency === 'local' || outcome !== 'ok') return undefined
  const { key } = request.query as { readonly key?: string }
  return key === undefined || key === 'all' ? undefined : { type: 'read', key }
}
