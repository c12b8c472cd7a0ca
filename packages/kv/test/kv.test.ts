// The verbs: what each does to the store and says about it.
import { beforeEach, describe, expect, test } from 'vitest'
import { Kv, kv } from '../src/index.js'
import { Replica } from './helpers.js'

let replica: Replica
let store: Kv

beforeEach(() => {
  replica = new Replica()
  store = new Kv(replica)
})

describe('put and get', () => {
  test('a key that was never set is not there', async () => {
    expect(await store.get('a')).toBeUndefined()
  })

  test('a key remembers where it was created and where it was last set', async () => {
    replica.noop()
    expect(await store.put('a', 'one')).toEqual({ index: 2, term: 2, created: true })
    expect(await store.put('b', 'two')).toEqual({ index: 3, term: 2, created: true })
    expect(await store.put('a', 'three')).toEqual({ index: 4, term: 2, created: false })
    expect(await store.get('a')).toEqual({ key: 'a', value: 'three', createdIndex: 2, modifiedIndex: 4 })
  })

  test('a key that was deleted and set again was created again', async () => {
    await store.put('a', 'one')
    await store.delete('a')
    await store.put('a', 'two')
    expect(await store.get('a')).toMatchObject({ createdIndex: 3, modifiedIndex: 3 })
  })

  test('bytes stay bytes, and what a reader does to them is its own affair', async () => {
    const bytes = new Uint8Array([1, 2, 3])
    await store.put('a', bytes)
    bytes.fill(9)
    const read = await store.get('a')
    expect(read?.value).toEqual(new Uint8Array([1, 2, 3]))
    ;(read!.value as Uint8Array).fill(9)
    expect((await store.get('a'))?.value).toEqual(new Uint8Array([1, 2, 3]))
  })

  test('any key is a key, even one that objects already have', async () => {
    await store.put('__proto__', 'one')
    expect(await store.get('constructor')).toBeUndefined()
    expect((await store.get('__proto__'))?.value).toBe('one')
  })
})

test('delete says whether there was something to delete', async () => {
  await store.put('a', 'one')
  expect(await store.delete('a')).toEqual({ index: 2, term: 2, deleted: true })
  expect(await store.delete('a')).toEqual({ index: 3, term: 2, deleted: false })
  expect(await store.get('a')).toBeUndefined()
})

test('list is in order, by prefix, and tells the index it is of', async () => {
  for (const key of ['b/2', 'a', 'b/10', 'c', 'b/1']) await store.put(key, key)
  const { entries, index } = await store.list('b/')
  expect(entries.map(({ key }) => key)).toEqual(['b/1', 'b/10', 'b/2'])
  expect(index).toBe(5)
  expect((await store.list()).entries.length).toBe(5)
})

describe('compare and set', () => {
  const entry = (value: string, createdIndex: number, modifiedIndex: number) => ({
    key: 'a',
    value,
    createdIndex,
    modifiedIndex,
  })

  test('with the expected value it sets', async () => {
    await store.put('a', 'one')
    expect(await store.cas('a', 'one', 'two')).toEqual({
      index: 2,
      term: 2,
      succeeded: true,
      entry: entry('two', 1, 2),
    })
  })

  test('with another value it changes nothing, and tells what it found', async () => {
    await store.put('a', 'one')
    expect(await store.cas('a', 'zero', 'two')).toMatchObject({ succeeded: false, entry: entry('one', 1, 1) })
    expect(await store.get('a')).toEqual(entry('one', 1, 1))
  })

  test('expecting nothing, it creates but never overwrites: of two who try, one has the lock', async () => {
    const [first, second] = await Promise.all([store.cas('a', null, 'me'), store.cas('a', null, 'you')])
    expect([first.succeeded, second.succeeded]).toEqual([true, false])
    expect(second.entry?.value).toBe('me')
  })

  test('a key that is not there has no value and no index', async () => {
    expect(await store.cas('a', '', 'x')).toMatchObject({ succeeded: false, entry: undefined })
    expect(await store.cas('a', { modifiedIndex: 1 }, 'x')).toMatchObject({
      succeeded: false,
      entry: undefined,
    })
  })

  test('expecting an index, it notices a value that went away and came back', async () => {
    const { index } = await store.put('a', 'one')
    await store.put('a', 'two')
    await store.put('a', 'one')
    expect((await store.cas('a', { modifiedIndex: index }, 'x')).succeeded).toBe(false)
    expect((await store.cas('a', { modifiedIndex: 3 }, 'x')).succeeded).toBe(true)
  })

  test('bytes are compared byte by byte, and never equal a string', async () => {
    await store.put('a', new Uint8Array([0x61, 0x62]))
    expect((await store.cas('a', 'ab', 'x')).succeeded).toBe(false)
    expect((await store.cas('a', new Uint8Array([0x61]), 'x')).succeeded).toBe(false)
    expect((await store.cas('a', new Uint8Array([0x61, 0x63]), 'x')).succeeded).toBe(false)
    expect((await store.cas('a', new Uint8Array([0x61, 0x62]), 'x')).succeeded).toBe(true)
    expect((await store.cas('a', new Uint8Array([0x78]), 'y')).succeeded).toBe(false)
  })

  test('to null it deletes: a lock is released only by who holds it', async () => {
    await store.put('a', 'me')
    expect((await store.cas('a', 'you', null)).succeeded).toBe(false)
    expect(await store.cas('a', 'me', null)).toEqual({ index: 3, term: 2, succeeded: true, entry: undefined })
    expect(await store.get('a')).toBeUndefined()
  })
})

test('an invalid command is refused before it is proposed', async () => {
  await expect(store.put('', 'x')).rejects.toMatchObject({ code: 'ERR_INVALID_COMMAND' })
  expect(replica.log).toEqual([])
})

test('options are passed to the node', async () => {
  const seen: unknown[] = []
  const spy = new Kv({
    proposeWithReceipt: async (command, options) => {
      seen.push(options)
      return replica.proposeWithReceipt(command)
    },
    read: async (query, options) => {
      seen.push(options)
      return replica.read(query)
    },
  })
  await spy.put('a', 'x', { timeoutMs: 1 })
  await spy.delete('a', { timeoutMs: 2 })
  await spy.cas('a', null, 'x', { timeoutMs: 3 })
  await spy.get('a', { minIndex: 4 })
  await spy.list('', { consistency: 'local' })
  spy.watch()
  expect(seen).toEqual([
    { timeoutMs: 1 },
    { timeoutMs: 2 },
    { timeoutMs: 3 },
    { minIndex: 4 },
    { consistency: 'local' },
    { consistency: 'local' },
  ])
})

test('a history without room is refused', () => {
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => kv({ historyChangesMax: 0 })).toThrow(invalid)
  expect(() => kv({ historyBytesMax: 1.5 })).toThrow(invalid)
})
