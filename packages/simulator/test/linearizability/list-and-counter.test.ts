// What is applied twice shows in what adds up.
import { describe, expect, test } from 'vitest'
import {
  type CounterInput,
  type CounterOutput,
  checkLinearizability,
  counterModel,
  type ListInput,
  type ListOutput,
  listModel,
  type Operation,
} from '../../src/linearizability/index.js'
import { refused, returned, unknown } from './story.js'

type ListOperation = Operation<ListInput, ListOutput>
type Times = [number, number]

const append = (client: string, times: Times, value: string, length?: number): ListOperation =>
  returned(client, times, { type: 'append', value }, length)
const read = (client: string, times: Times, ...values: string[]): ListOperation =>
  returned(client, times, { type: 'read' }, values)

const lists: [string, boolean, ListOperation[]][] = [
  [
    'appends and reads in turn',
    true,
    [append('a', [0, 1], 'x'), append('a', [2, 3], 'y'), read('b', [4, 5], 'x', 'y')],
  ],
  [
    'overlapping appends come in either order',
    true,
    [append('a', [0, 9], 'x'), append('b', [0, 9], 'y'), read('c', [10, 20], 'y', 'x')],
  ],
  [
    'an unknown append shows only in the lengths',
    true,
    [
      unknown('a', 0, { type: 'append', value: 'x' }),
      append('b', [5, 9], 'y', 2),
      append('b', [10, 11], 'z', 3),
    ],
  ],
  [
    'a retried append is applied twice',
    false,
    [append('a', [0, 30], 'x'), append('b', [10, 20], 'y'), read('c', [40, 50], 'x', 'y', 'x')],
  ],
  [
    'an unknown append is applied twice, around another one',
    false,
    [
      unknown('a', 0, { type: 'append', value: 'x' }),
      append('b', [10, 20], 'y'),
      read('c', [40, 50], 'x', 'y', 'x'),
    ],
  ],
  [
    'two leaders: each shows a list the other does not continue',
    false,
    [append('a', [0, 9], 'x'), append('b', [0, 9], 'y'), read('c', [10, 20], 'x'), read('d', [10, 20], 'y')],
  ],
  [
    'an acknowledged append is lost',
    false,
    [append('a', [0, 9], 'x'), append('b', [10, 19], 'y'), read('c', [20, 30], 'y')],
  ],
  [
    'an append that nobody read yet is told a length it cannot have',
    false,
    [
      append('a', [0, 1], 'x', 1),
      append('a', [2, 3], 'y', 3),
      refused('b', [2, 3], { type: 'append', value: 'z' }),
    ],
  ],
]

test.each(lists)('list: %s (%s)', (_, ok, history) => {
  expect(checkLinearizability(listModel(), history).ok).toBe(ok)
})

describe('counter', () => {
  const add = (times: Times, amount: number, after?: number): Operation<CounterInput, CounterOutput> =>
    returned('a', times, { type: 'add', amount }, after)
  const see = (times: Times, value: number): Operation<CounterInput, CounterOutput> =>
    returned('b', times, { type: 'read' }, value)

  test('an unknown addition may arrive between two reads', () => {
    const history = [
      unknown('c', 0, { type: 'add', amount: 5 } as const),
      add([0, 9], 1),
      see([10, 20], 1),
      see([30, 40], 6),
    ]
    expect(checkLinearizability(counterModel(), history)).toEqual({ ok: true })
  })

  test('a retried addition counts once', () => {
    const history = [add([0, 9], 1), unknown('c', 0, { type: 'add', amount: 5 } as const), see([20, 30], 11)]
    const { explanation } = checkLinearizability(counterModel(), history)
    expect(explanation?.operations).toEqual([history[2]])
  })

  test('two additions are told the same sum', () => {
    expect(checkLinearizability(counterModel(), [add([0, 9], 1, 1), add([0, 9], 1, 1)]).ok).toBe(false)
  })
})
