// Whoever runs out of budget has proved nothing, and says so.
import { expect, test } from 'vitest'
import {
  checkLinearizability,
  kvModel,
  type Operation,
  registerModel,
} from '../../src/linearizability/index.js'
import { busyEvents, observe } from './generate.js'
import { register } from './references.js'
import { returned, unknown } from './story.js'

const busy = observe(
  register,
  busyEvents({
    seed: 3,
    count: 200,
    clients: 10,
    unknownShare: 0.2,
    input: (i, random) => (random() < 0.5 ? { type: 'read' } : { type: 'write', value: i }),
  }),
)

test('too few steps', () => {
  expect(checkLinearizability(registerModel(), busy, { stepsMax: 50 })).toEqual({
    ok: false,
    exhausted: { budget: 'steps', operations: 200 },
  })
})

test('too little memory', () => {
  expect(checkLinearizability(registerModel(), busy, { configurationsMax: 20 })).toEqual({
    ok: false,
    exhausted: { budget: 'configurations', operations: 200 },
  })
})

test('the budget is counted, so that it ends at the same operation everywhere', () => {
  const decides = (stepsMax: number): boolean => checkLinearizability(registerModel(), busy, { stepsMax }).ok
  let [low, high] = [1, 100_000]
  while (high - low > 1) {
    const middle = (low + high) >>> 1
    if (decides(middle)) high = middle
    else low = middle
  }
  expect([decides(high - 1), decides(high), decides(high)]).toEqual([false, true, true])
})

test('a key that is too hard does not hide the violation on the next', () => {
  const hard = Array.from({ length: 50 }, (_, i) =>
    unknown(`u${i}`, 0, { type: 'cas' as const, key: 'hard', expected: `${i}`, value: `${i + 1}` }),
  )
  const history: Operation<
    Parameters<ReturnType<typeof kvModel>['step']>[1],
    { value: string } | undefined
  >[] = [
    ...hard,
    returned('a', [10, 20], { type: 'get', key: 'hard' }, { value: '50' }),
    returned('a', [30, 40], { type: 'get', key: 'easy' }, { value: 'never written' }),
  ]
  const { explanation } = checkLinearizability(kvModel(), history, { stepsMax: 20 })
  expect(explanation?.operations).toEqual([history.at(-1)])
})

test('shrinking ends with the budget too, and says that it did', () => {
  const history = [...busy, returned('z', [9_000, 9_001], { type: 'read' as const }, 'never written')]
  for (let stepsMax = 100; ; stepsMax += 100) {
    const result = checkLinearizability(registerModel(), history, { stepsMax })
    if (result.exhausted) continue
    expect(result.explanation?.minimal).toBe(false)
    expect(result.explanation?.text).toContain('not shrunk to the end')
    return
  }
})
