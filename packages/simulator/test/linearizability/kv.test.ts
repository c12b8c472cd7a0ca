// The key-value store as its clients know it: conditional writes, deletes, and answers that tell what was there.
import { describe, expect, test } from 'vitest'
import {
  checkLinearizability,
  type KvModelInput,
  type KvModelOutput,
  kvModel,
  type Operation,
} from '../../src/linearizability/index.js'
import { refused, returned, unknown } from './story.js'

type KvOperation = Operation<KvModelInput, KvModelOutput>
type Times = [number, number]

const put = (
  client: string,
  times: Times,
  key: string,
  value: string | Uint8Array,
  created?: boolean,
): KvOperation =>
  returned(client, times, { type: 'put', key, value }, created === undefined ? {} : { created })
const get = (client: string, times: Times, key: string, value: string | Uint8Array | null): KvOperation =>
  returned(client, times, { type: 'get', key }, value === null ? undefined : { value })
const cas = (
  client: string,
  times: Times,
  key: string,
  from: string | null,
  to: string | null,
  succeeded: boolean,
): KvOperation => returned(client, times, { type: 'cas', key, expected: from, value: to }, { succeeded })
const bytes = new Uint8Array([1, 2])

const good: [string, KvOperation[]][] = [
  [
    'keys do not influence each other',
    [put('a', [0, 10], 'x', '1', true), get('b', [20, 30], 'y', null), put('b', [40, 50], 'y', '1', true)],
  ],
  [
    'of two racing compare-and-sets one wins',
    [
      put('a', [0, 5], 'x', '1'),
      cas('a', [10, 40], 'x', '1', '2', false),
      cas('b', [20, 30], 'x', '1', '3', true),
    ],
  ],
  [
    'a lock is taken by compare-and-set, released by one, and taken again',
    [
      cas('a', [0, 10], 'lock', null, 'a', true),
      cas('b', [5, 25], 'lock', null, 'b', false),
      cas('a', [20, 30], 'lock', 'a', null, true),
      cas('b', [40, 50], 'lock', null, 'b', true),
    ],
  ],
  [
    'what is deleted can be created again; answers that were not recorded are not missed',
    [
      put('a', [0, 10], 'x', '1', true),
      returned('a', [20, 30], { type: 'delete', key: 'x' }, { deleted: true }),
      returned('a', [40, 50], { type: 'delete', key: 'x' }, { deleted: false }),
      returned('a', [60, 70], { type: 'delete', key: 'x' }, undefined),
      put('a', [80, 90], 'x', '2', true),
    ],
  ],
  ['bytes are values', [put('a', [0, 10], 'x', bytes), get('a', [20, 30], 'x', new Uint8Array([1, 2]))]],
  [
    'an unknown put of a value nobody ever sees explains that the key was there',
    [
      unknown('a', 0, { type: 'put', key: 'x', value: 'unseen' }),
      returned('b', [10, 20], { type: 'delete', key: 'x' }, { deleted: true }),
    ],
  ],
  [
    'an unknown compare-and-set took effect in between',
    [
      put('a', [0, 10], 'x', '1'),
      unknown('b', 12, { type: 'cas', key: 'x', expected: '1', value: '2' }),
      put('c', [14, 90], 'x', '1', false),
      get('a', [20, 30], 'x', '2'),
      get('a', [40, 50], 'x', '1'),
    ],
  ],
]

test.each(good)('%s', (_, history) => {
  expect(checkLinearizability(kvModel(), history)).toEqual({ ok: true })
})

const bad: [string, KvOperation[], number[]][] = [
  [
    'lost update: two read the same value and both replace it',
    [
      put('a', [0, 10], 'x', '1'),
      get('a', [11, 15], 'x', '1'),
      get('b', [11, 15], 'x', '1'),
      cas('a', [20, 30], 'x', '1', '2', true),
      cas('b', [40, 50], 'x', '1', '3', true),
    ],
    [3, 4],
  ],
  [
    'split brain: the same lock is granted twice at the same time',
    [cas('a', [0, 50], 'lock', null, 'a', true), cas('b', [0, 50], 'lock', null, 'b', true)],
    [0, 1],
  ],
  [
    'one unknown put cannot be deleted twice',
    [
      unknown('a', 0, { type: 'put', key: 'x', value: 'unseen' }),
      returned('b', [10, 20], { type: 'delete', key: 'x' }, { deleted: true }),
      returned('b', [30, 40], { type: 'delete', key: 'x' }, { deleted: true }),
    ],
    [1, 2],
  ],
  [
    'a put says it created what was there',
    [put('a', [0, 10], 'x', '1', true), put('b', [20, 30], 'x', '2', true)],
    [0, 1],
  ],
  [
    'a compare-and-set fails although everything was as expected',
    [put('a', [0, 10], 'x', '1'), put('a', [11, 12], 'y', '2'), cas('b', [20, 30], 'x', '1', '2', false)],
    [0, 2],
  ],
  [
    'a failed compare-and-set shows another value than there was',
    [
      put('a', [0, 10], 'x', '1'),
      returned(
        'b',
        [20, 30],
        { type: 'cas', key: 'x', expected: '9', value: '2' },
        { succeeded: false, entry: undefined },
      ),
    ],
    [0, 1],
  ],
  ['a string is not the bytes of it', [put('a', [0, 10], 'x', '1,2'), get('a', [20, 30], 'x', bytes)], [1]],
  [
    'a refused delete took effect',
    [
      put('a', [0, 10], 'x', '1'),
      refused('b', [11, 12], { type: 'delete', key: 'x' }),
      get('a', [20, 30], 'x', null),
    ],
    [0, 2],
  ],
]

describe('never', () => {
  test.each(bad)('%s', (_, history, core) => {
    const { explanation } = checkLinearizability(kvModel(), history)
    expect(explanation?.operations.map((operation) => history.indexOf(operation))).toEqual(core)
    expect(explanation?.minimal).toBe(true)
  })
})
