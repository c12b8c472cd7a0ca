// What a watch promises, and what it says when it cannot keep it.
import { beforeEach, describe, expect, test } from 'vitest'
import { Kv, type KvChange, kv } from '../src/index.js'
import { brief, Replica, take } from './helpers.js'

let replica: Replica
let store: Kv

beforeEach(() => {
  replica = new Replica()
  store = new Kv(replica)
})

test('from an index on: what has happened, then what happens', async () => {
  await store.put('a', '1')
  await store.put('b', '2')
  const watch = store.watch({ fromIndex: 2 })
  expect(brief(await take(watch, 1))).toEqual(['put b=2 @2'])
  const next = watch.next()
  await store.delete('a')
  expect((await next).value).toEqual({ type: 'delete', key: 'a', index: 3 })
})

test('without an index: what happens from the call on', async () => {
  await store.put('a', '1')
  const watch = store.watch()
  await store.put('a', '2')
  expect(brief(await take(watch, 1))).toEqual(['put a=2 @2'])
})

test('an index that lies ahead is waited for', async () => {
  const watch = store.watch({ fromIndex: 3 })
  const next = watch.next()
  for (const value of ['1', '2', '3']) await store.put('a', value)
  expect((await next).value).toMatchObject({ index: 3 })
})

test('what changes nothing is not a change', async () => {
  const watch = store.watch()
  await store.delete('a')
  await store.cas('a', 'x', 'y')
  await store.put('a', '1')
  expect(brief(await take(watch, 1))).toEqual(['put a=1 @3'])
})

test('list and a watch from the next index together miss nothing and repeat nothing', async () => {
  await store.put('a', '1')
  const { entries, index } = await store.list()
  await store.put('b', '2')
  expect(entries.map(({ key }) => key)).toEqual(['a'])
  expect(brief(await take(store.watch({ fromIndex: index + 1 }), 1))).toEqual(['put b=2 @2'])
})

test('everybody who watches sees everything, and may keep what bytes they got', async () => {
  const [one, other] = [store.watch(), store.watch()]
  await store.put('a', new Uint8Array([1]))
  const [change] = (await take(one, 1)) as [KvChange & { value: Uint8Array }]
  change.value.fill(9)
  expect(await take(other, 1)).toEqual([{ type: 'put', key: 'a', value: new Uint8Array([1]), index: 1 }])
})

describe('the history is bounded', () => {
  beforeEach(() => {
    replica = new Replica(kv({ historyChangesMax: 3 }))
    store = new Kv(replica)
  })

  const compacted = { code: 'ERR_WATCH_COMPACTED' }

  test('below it a watch is refused, at its edge it is served', async () => {
    for (const value of ['1', '2', '3', '4', '5']) await store.put('a', value)
    await expect(store.watch({ fromIndex: 2 }).next()).rejects.toMatchObject(compacted)
    expect(brief(await take(store.watch({ fromIndex: 3 }), 3))).toEqual([
      'put a=3 @3',
      'put a=4 @4',
      'put a=5 @5',
    ])
  })

  test('a watch slower than the history is told so, once, and is over', async () => {
    const watch = store.watch({ fromIndex: 1 })
    for (const value of ['1', '2', '3']) await store.put('a', value)
    await take(watch, 1)
    for (const value of ['4', '5']) await store.put('a', value)
    await expect(watch.next()).rejects.toMatchObject(compacted)
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  test('a watch that waits for one prefix is not overrun by the others, however many', async () => {
    const watch = store.watch({ prefix: 'rare/' })
    const next = watch.next()
    await Promise.resolve()
    for (let i = 0; i < 100; i++)
      replica.apply(replica.factory.codec.encode({ type: 'put', key: `${i}`, value: '' }))
    await store.put('rare/1', 'here')
    expect((await next).value).toMatchObject({ key: 'rare/1', index: 101 })
    await store.put('rare/2', 'here')
    expect(brief(await take(watch, 1))).toEqual(['put rare/2=here @102'])
  })

  test('bytes count, too; the newest change is kept, however large', async () => {
    replica = new Replica(kv({ historyBytesMax: 1_000 }))
    store = new Kv(replica)
    const watch = store.watch()
    await store.put('a', 'x'.repeat(5_000))
    expect((await take(watch, 1))[0]).toMatchObject({ index: 1 })
    for (let i = 0; i < 5; i++) await store.put('a', 'x'.repeat(300))
    await expect(store.watch({ fromIndex: 3 }).next()).rejects.toMatchObject(compacted)
    expect((await take(store.watch({ fromIndex: 5 }), 2)).map(({ index }) => index)).toEqual([5, 6])
  })
})

describe('it ends', () => {
  test('by leaving the loop', async () => {
    const watch = store.watch({ fromIndex: 1 })
    await store.put('a', '1')
    await store.put('a', '2')
    for await (const change of watch) {
      expect(change.index).toBe(1)
      break
    }
    expect(await watch.next()).toEqual({ done: true, value: undefined })
  })

  test('by its signal, also while it waits, without an error', async () => {
    const controller = new AbortController()
    const seen: number[] = []
    const loop = (async () => {
      for await (const { index } of store.watch({ signal: controller.signal })) {
        seen.push(index)
        controller.abort()
      }
    })()
    await store.put('a', '1')
    await loop
    expect(seen).toEqual([1])

    const waiting = new AbortController()
    const watch = replica.state.watch({ signal: waiting.signal })
    const nexts = [watch.next(), watch.next()]
    waiting.abort()
    expect(await Promise.all(nexts)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })

  test('at once, when its signal has fired before', async () => {
    await store.put('a', '1')
    const watch = store.watch({ fromIndex: 1, signal: AbortSignal.abort() })
    expect((await watch.next()).done).toBe(true)
  })

  test('by return, also while somebody waits for the next change', async () => {
    const watch = replica.state.watch()
    const next = watch.next()
    await watch.return()
    expect((await next).done).toBe(true)
    await store.put('a', '1')
    expect((await watch.next()).done).toBe(true)
  })
})

test('an index that is none is refused', async () => {
  for (const fromIndex of [0, -1, 1.5, Number.NaN]) {
    await expect(store.watch({ fromIndex }).next()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  }
})

test('a node that does not answer fails the watch when it is read, and never as an unhandled rejection', async () => {
  const stopped = new Error('stopped')
  const node = { proposeWithReceipt: () => Promise.reject(stopped), read: () => Promise.reject(stopped) }
  await expect(new Kv(node).watch().next()).rejects.toBe(stopped)
  new Kv(node).watch()
  await new Promise((resolve) => setImmediate(resolve))
})
