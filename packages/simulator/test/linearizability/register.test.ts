// What a register may show its readers, and what it must never show.
import { describe, expect, test } from 'vitest'
import {
  checkLinearizability,
  type Operation,
  type RegisterInput,
  type RegisterOutput,
  registerModel,
} from '../../src/linearizability/index.js'
import { refused, returned, unknown } from './story.js'

type RegisterOperation = Operation<RegisterInput, RegisterOutput>

const write = (client: string, times: [number, number], value: number): RegisterOperation =>
  returned(client, times, { type: 'write', value }, undefined)
const read = (client: string, times: [number, number], value: number | null): RegisterOperation =>
  returned(client, times, { type: 'read' }, value)

const good: [string, RegisterOperation[]][] = [
  ['nothing happened', []],
  ['a read of the initial value', [read('a', [0, 1], null)]],
  [
    'a read during a write sees it, an overlapping later read too',
    [write('a', [0, 100], 1), read('b', [10, 20], 1), read('c', [15, 30], 1)],
  ],
  [
    'two writes overlap and readers see them in the order nobody called them in',
    [write('a', [0, 50], 1), write('b', [10, 60], 2), read('c', [61, 70], 1)],
  ],
  ['equal times overlap', [write('a', [0, 10], 1), read('b', [10, 20], null)]],
  [
    'an unknown write takes effect long after everybody forgot it',
    [
      unknown('a', 0, { type: 'write', value: 1 }),
      write('b', [10, 20], 2),
      read('c', [30, 40], 2),
      read('c', [50, 60], 1),
    ],
  ],
  [
    'an unknown write never takes effect',
    [unknown('a', 0, { type: 'write', value: 1 }), read('b', [10, 20], null), read('b', [30, 40], null)],
  ],
  ['an unknown read says nothing', [unknown('a', 0, { type: 'read' }), read('b', [10, 20], null)]],
  [
    'a refused write is not seen',
    [refused('a', [0, 5], { type: 'write', value: 1 }), read('b', [10, 20], null)],
  ],
]

test.each(good)('%s', (_, history) => {
  expect(checkLinearizability(registerModel(), history)).toEqual({ ok: true })
})

const bad: [string, RegisterOperation[], number[]][] = [
  [
    'stale read: a deposed leader answers from its old state',
    [write('a', [0, 10], 1), write('b', [20, 30], 2), read('c', [40, 50], 1)],
    [0, 1, 2],
  ],
  [
    'lost write: acknowledged, then gone',
    [write('a', [0, 10], 1), read('b', [20, 30], null), read('c', [40, 50], null)],
    [0, 1],
  ],
  [
    'going back in time: one reader saw the new value before another one began and saw the old',
    [write('a', [0, 10], 1), write('b', [20, 100], 2), read('c', [30, 40], 2), read('d', [50, 60], 1)],
    [0, 2, 3],
  ],
  [
    'split brain: two readers agree on nothing',
    [
      write('a', [0, 100], 1),
      write('b', [0, 100], 2),
      read('c', [10, 20], 1),
      read('c', [30, 40], 2),
      read('c', [50, 60], 1),
    ],
    [2, 3, 4],
  ],
  [
    'phantom: a write answered as not applied is seen',
    [write('a', [0, 5], 1), refused('b', [10, 15], { type: 'write', value: 7 }), read('c', [20, 30], 7)],
    [2],
  ],
  ['a read before its write was called', [read('a', [0, 10], 1), write('b', [20, 30], 1)], [0, 1]],
  [
    'an unknown write takes effect twice, around another write',
    [
      unknown('a', 0, { type: 'write', value: 1 }),
      read('b', [10, 20], 1),
      write('c', [30, 40], 2),
      read('b', [50, 60], 2),
      read('b', [70, 80], 1),
    ],
    [1, 3, 4],
  ],
]

describe('never', () => {
  test.each(bad)('%s', (_, history, core) => {
    const { explanation } = checkLinearizability(registerModel(), history)
    expect(explanation?.operations.map((operation) => history.indexOf(operation))).toEqual(core)
    expect(explanation?.minimal).toBe(true)
  })
})
