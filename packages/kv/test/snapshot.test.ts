// Snapshots of the store: one moment of it, streamed while it goes on.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KvCommand } from '../src/command.js'
import { type KvEntry, Store } from '../src/state.js'
import { brief, take } from './helpers.js'

const newStore = (): Store => new Store({ changesMax: 100, bytesMax: 1_000_000 })

async function restored(content: AsyncIterable<Uint8Array>): Promise<Store> {
  const store = newStore()
  await store.restore(content)
  return store
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return new Uint8Array(Buffer.concat(parts))
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('what was there is there again: text, bytes, indexes, and the index of the last command', async () => {
  const store = newStore()
  store.apply({ type: 'put', key: 'a', value: 'ä\u0000' }, 1)
  store.apply({ type: 'put', key: 'b', value: new Uint8Array([0, 255]) }, 2)
  store.apply({ type: 'put', key: 'a', value: '' }, 5)
  store.apply({ type: 'delete', key: 'nothing' }, 7)
  const copy = await restored(store.snapshot())
  expect(copy.list()).toEqual(store.list())
  expect(copy.index).toBe(7)
  expect((await restored(newStore().snapshot())).size).toBe(0)
})

test('a value larger than a frame', async () => {
  const store = newStore()
  for (const [i, key] of ['a', 'b', 'c'].entries())
    store.apply({ type: 'put', key, value: new Uint8Array(200_000).fill(i) }, i + 1)
  expect((await restored(store.snapshot())).list()).toEqual(store.list())
})

test('however the stream is cut', async () => {
  const store = newStore()
  for (let i = 1; i <= 40; i++) store.apply({ type: 'put', key: `key ${i}`, value: `value ${i}` }, i)
  const bytes = await collect(store.snapshot())
  for (const size of [1, 3, 7, 1_000_000])
    expect((await restored(pieces(bytes, size))).list()).toEqual(store.list())
})

describe('a view of one moment', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
  const command: fc.Arbitrary<KvCommand> = fc.oneof(
    fc.record({ type: fc.constant('put' as const), key, value: fc.string({ maxLength: 3 }) }),
    fc.record({ type: fc.constant('delete' as const), key }),
  )

  test('whatever happens before, while and after it is read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 30 }),
        fc.array(fc.array(command, { maxLength: 5 }), { maxLength: 12 }),
        async (before, meanwhile) => {
          const store = newStore()
          let index = 0
          for (const one of before) store.apply(one, ++index)
          const expected = store.list()
          const first = readSlowly(store)
          for (const some of meanwhile) {
            first.readOne()
            for (const one of some) store.apply(one, ++index)
          }
          expect(first.readAll()).toEqual(expected)
          expect((await restored(store.snapshot())).list()).toEqual(store.list())
        },
      ),
      { numRuns: 300 },
    )
  })

  test('only what is replaced before it was read is kept for it', async () => {
    const store = newStore()
    for (let i = 1; i <= 1_000; i++) store.apply({ type: 'put', key: `${i}`, value: '1' }, i)
    const { capture, readOne, readAll } = readSlowly(store)
    for (let i = 0; i < 500; i++) readOne()
    for (let i = 1; i <= 1_000; i++) store.apply({ type: 'put', key: `${i}`, value: '2' }, 1_000 + i)
    expect(capture.keptCount).toBe(500)
    expect(readAll()).toHaveLength(1_000)
    expect(capture.keptCount).toBe(0)
    store.apply({ type: 'delete', key: '7' }, 3_000)
    expect(capture.keptCount).toBe(0)
  })

  test('who stops reading costs nothing any more', async () => {
    const store = newStore()
    store.apply({ type: 'put', key: 'a', value: '1' }, 1)
    const content = store.snapshot()
    await content.next()
    await content.return()
    const never = store.snapshot()
    await never.return()
    store.apply({ type: 'put', key: 'a', value: '2' }, 2)
    expect(store.captures).toBe(0)
  })
})

describe('what is no whole snapshot is refused, and the store stays as it was', () => {
  test('cut anywhere, or with a byte too many', async () => {
    const store = newStore()
    store.apply({ type: 'put', key: 'a', value: 'one' }, 1)
    const bytes = await collect(store.snapshot())
    const other = newStore()
    other.apply({ type: 'put', key: 'mine', value: '1' }, 1)
    const refused = { code: 'ERR_STORAGE_CORRUPT' }
    for (let end = 0; end < bytes.length; end++)
      await expect(other.restore(pieces(bytes.subarray(0, end), 8))).rejects.toMatchObject(refused)
    await expect(other.restore(pieces(new Uint8Array([...bytes, 1]), 64))).rejects.toMatchObject(refused)
    const version = bytes.slice()
    version[4] = 9
    await expect(other.restore(pieces(version, 64))).rejects.toMatchObject(refused)
    expect(other.list().map((entry) => entry.key)).toEqual(['mine'])
  })
})

test('a watch that a snapshot has overtaken says so, waiting or not; a new one goes on behind it', async () => {
  const ahead = newStore()
  for (let i = 1; i <= 5; i++) ahead.apply({ type: 'put', key: 'a', value: `${i}` }, i)
  const store = newStore()
  store.apply({ type: 'put', key: 'a', value: '1' }, 1)
  const [waiting, idle] = [store.watch(), store.watch()]
  const next = waiting.next()
  await store.restore(ahead.snapshot())
  await expect(next).rejects.toMatchObject({ code: 'ERR_WATCH_COMPACTED' })
  await expect(idle.next()).rejects.toMatchObject({ code: 'ERR_WATCH_COMPACTED' })
  expect(() => store.watch({ fromIndex: 5 })).toThrow(
    expect.objectContaining({ code: 'ERR_WATCH_COMPACTED' }),
  )
  const watch = store.watch()
  store.apply({ type: 'put', key: 'b', value: '6' }, 6)
  expect(brief(await take(watch, 1))).toEqual(['put b=6 @6'])
})

/** A capture of the store, read entry by entry. */
function readSlowly(store: Store) {
  const capture = store.capture()
  const entries = capture.read()
  const seen: KvEntry[] = []
  const readOne = (): boolean => {
    const { done, value } = entries.next()
    if (!done) seen.push(value)
    return !done
  }
  const readAll = (): KvEntry[] => {
    while (readOne()) {}
    return seen.sort((a, b) => (a.key < b.key ? -1 : 1))
  }
  return { capture, readOne, readAll }
}
