// What a person gets to read.
import { expect, test } from 'vitest'
import {
  checkLinearizability,
  kvModel,
  type Model,
  type Operation,
  registerModel,
  type Step,
  UNKNOWN,
} from '../../src/linearizability/index.js'
import { refused, returned, unknown } from './story.js'

test('who did what when, how far any order gets, and who must have lied', () => {
  const history = [
    returned('ann', [0, 9], { type: 'put', key: 'door', value: 'open' } as const, { created: true }),
    returned('bob', [10, 20.0009765625], { type: 'put', key: 'door', value: 'shut' } as const, {
      created: false,
    }),
    unknown('cat', 12, { type: 'put', key: 'window', value: 'open' } as const),
    refused('dan', [22, 25], { type: 'put', key: 'door', value: 'ajar' } as const),
    returned('eve', [30, 40], { type: 'get', key: 'door' } as const, { value: 'shut' }),
    returned('eve', [50, 60], { type: 'get', key: 'door' } as const, { value: 'ajar' }),
    returned('fay', [55, 70], { type: 'get', key: 'door' } as const, { value: 'open' }),
  ]
  const { explanation } = checkLinearizability(kvModel(), history)
  expect(explanation?.suspects).toEqual([history[3]])
  expect(`\n${explanation?.text}\n`).toMatchInlineSnapshot(`
    "
    Not linearizable: 1 operation cannot be explained, whenever and whether the other 5 took effect.

      eve  ├─┤  50..60  get door → "ajar"

    As far as any order gets:
      at first the key does not exist
      no place for eve: get door → "ajar"

    There would be an order if this had been applied, but it was answered as not applied:
      dan  ├─┤  22..25 not applied  put door = "ajar"

    Of all 6, an order was found for 3, at its end:
      ann: put door = "open" → created
      bob: put door = "shut" → replaced
      eve: get door → "shut"
      then not eve: get door → "ajar"
    "
  `)
})

test('an operation without a return, and one that is only context', () => {
  const history = [
    unknown('a', 0, { type: 'write', value: 1 } as const),
    returned('b', [10, 20], { type: 'read' } as const, 1),
    returned('c', [30, 40], { type: 'write', value: 2 } as const, undefined),
    returned('b', [50, 60], { type: 'read' } as const, 1),
  ]
  const { explanation } = checkLinearizability(registerModel(), history)
  expect(explanation?.context).toEqual([history[0]])
  expect(`\n${explanation?.text}\n`).toMatchInlineSnapshot(`
    "
    Not linearizable: 3 operations cannot be explained, whenever and whether the other one took effect.

      b  ├─┤          10..20  read → 1
      c      ├─┤      30..40  write 2
      b          ├─┤  50..60  read → 1

    Of the others, these play a part:
      a  ├─┄  0..unknown  write 1

    As far as any order gets:
      1. a: write 1
      2. b: read → 1
      3. c: write 2
      now the value is 2
      no place for b: read → 1

    Of all 4, an order was found for 3, at its end:
      a: write 1
      b: read → 1
      c: write 2
      then not b: read → 1
    "
  `)
})

test('a model of your own needs three methods', () => {
  interface Queue {
    readonly take?: true
    readonly put?: string
  }
  const queueModel: Model<readonly string[], Queue, string | undefined> = {
    init: () => [],
    step(state, input, output): Step<readonly string[]> {
      if (input.put !== undefined) return { legal: true, state: [...state, input.put] }
      const [first, ...rest] = state
      return output === UNKNOWN || output === first ? { legal: true, state: rest } : { legal: false }
    },
    hash: (state) => JSON.stringify(state),
  }
  const put = (times: [number, number], value: string): Operation<Queue, string | undefined> =>
    returned('a', times, { put: value }, undefined)
  const take = (times: [number, number], value: string | undefined): Operation<Queue, string | undefined> =>
    returned('b', times, { take: true }, value)
  const history = [
    put([0, 1], 'x'),
    put([2, 3], 'y'),
    take([4, 5], 'x'),
    take([6, 7], 'y'),
    take([8, 9], undefined),
  ]
  expect(checkLinearizability(queueModel, history)).toEqual({ ok: true })

  const { explanation } = checkLinearizability(queueModel, [
    put([0, 1], 'x'),
    take([2, 3], 'x'),
    take([4, 5], 'x'),
  ])
  expect(explanation?.text).toContain('{"take":true} → "x"')
})

test('times that no clock shows are refused', () => {
  const backwards = returned('a', [10, 9], { type: 'read' } as const, null)
  expect(() => checkLinearizability(registerModel(), [backwards])).toThrow(RangeError)
  const never = unknown('a', Number.NaN, { type: 'read' } as const)
  expect(() => checkLinearizability(registerModel(), [never])).toThrow(
    'operation 0 of client a: called at NaN',
  )
})
