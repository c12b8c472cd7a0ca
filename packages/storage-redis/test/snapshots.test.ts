import type { Storage } from '@riverraft/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import {
  batch,
  block,
  content,
  contentOf,
  entries,
  identity,
  snapshotOf,
  stored,
  text,
  wholeLog,
  write,
} from './helpers.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('snapshots in Redis', () => {
  let server: RedisServer
  let storage: Storage
  let prefix = ''
  let prefixes = 0

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  beforeEach(async () => {
    prefix = `{orders:${++prefixes}}`
    storage = open()
    await storage.open(identity)
    const blocks = [stored(block(1, 3)), stored(block(4, 3)), stored(block(7, 3))]
    expect(await write(storage, batch(blocks))).toBeUndefined()
  })

  afterEach(() => storage.close())

  const open = (): Storage => redisStorage({ url: server.url, prefix: prefix.slice(1, -1) })

  const reopened = async () => {
    await storage.close()
    storage = open()
    return storage.open(identity)
  }

  const snapshotKeys = async () => (await server.admin.keys(`${prefix}:snapshot:*`)).length

  test('the newest one is read back as it was saved, also after a restart', async () => {
    expect(await storage.openSnapshot()).toBeUndefined()
    await storage.saveSnapshot(snapshotOf(3), content('old'))
    await storage.saveSnapshot(snapshotOf(6), content('new', '', 'er'))
    for (const state of [undefined, await reopened()]) {
      if (state !== undefined) expect(state.snapshot).toEqual(snapshotOf(6))
      expect((await storage.openSnapshot())!.metadata).toEqual(snapshotOf(6))
      expect(await contentOf(storage)).toBe('newer')
    }
    expect(await wholeLog(storage)).toEqual(entries(1, 9))
  })

  test('an empty one is a snapshot', async () => {
    await storage.saveSnapshot(snapshotOf(3), content())
    expect((await reopened()).snapshot).toEqual(snapshotOf(3))
    expect(await contentOf(storage)).toBe('')
  })

  test('a large one comes and goes in chunks, whatever pieces its producer made', async () => {
    const pieces = [1, 300_000, 262_144, 0, 70_000, 1_000_000].map((length, at) =>
      new Uint8Array(length).fill(at + 1),
    )
    await storage.saveSnapshot(
      snapshotOf(3),
      (async function* () {
        for (const piece of pieces) {
          yield piece
          // Whoever wrote it may use its buffer again.
          piece.fill(0)
        }
      })(),
    )
    let bytes = 0
    let chunks = 0
    const seen = new Map<number, number>()
    for await (const chunk of (await storage.openSnapshot())!.content) {
      chunks++
      bytes += chunk.length
      for (const byte of chunk) seen.set(byte, (seen.get(byte) ?? 0) + 1)
    }
    expect(bytes).toBe(1_632_145)
    expect(chunks).toBe(7)
    expect([...seen]).toEqual([
      [1, 1],
      [2, 300_000],
      [3, 262_144],
      [5, 70_000],
      [6, 1_000_000],
    ])
  })

  test('two are kept: whoever reads the one before the newest can finish', async () => {
    await storage.saveSnapshot(snapshotOf(3), content('first'))
    const first = (await storage.openSnapshot())!.content
    await storage.saveSnapshot(snapshotOf(4), content('second'))
    let all = ''
    for await (const chunk of first) all += new TextDecoder().decode(chunk)
    expect(all).toBe('first')

    const second = (await storage.openSnapshot())!.content
    await storage.saveSnapshot(snapshotOf(5), content('third'))
    await storage.saveSnapshot(snapshotOf(6), content('fourth'))
    expect(await snapshotKeys()).toBe(2)
    await expect(second[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    expect(await contentOf(storage)).toBe('fourth')
  })

  test('one that is older than the newest does not replace it', async () => {
    await storage.saveSnapshot(snapshotOf(6), content('newest'))
    await storage.saveSnapshot(snapshotOf(3), content('late'))
    expect((await storage.openSnapshot())!.metadata.index).toBe(6)
    expect(await snapshotKeys()).toBe(1)
  })

  test('one whose content fails leaves the one before it, and nothing else', async () => {
    const bang = new Error('bang')
    await storage.saveSnapshot(snapshotOf(3), content('whole'))
    const failing = async function* () {
      yield new Uint8Array(300_000)
      throw bang
    }
    await expect(storage.saveSnapshot(snapshotOf(6), failing())).rejects.toBe(bang)
    expect(await contentOf(storage)).toBe('whole')
    expect(await snapshotKeys()).toBe(1)
    expect(await write(storage, batch([stored(block(10, 1))]))).toBeUndefined()
  })

  test('a server killed between two chunks has the first one when the second one comes', async () => {
    const killing = async function* () {
      yield new Uint8Array(262_144).fill(97)
      await server.restart('SIGKILL')
      yield new Uint8Array(262_144).fill(98)
    }
    await storage.saveSnapshot(snapshotOf(4), killing())
    expect(await contentOf(storage)).toBe('a'.repeat(262_144) + 'b'.repeat(262_144))
  })

  test('one that was under way when its process ended is gone after the next open', async () => {
    await storage.saveSnapshot(snapshotOf(3), content('whole'))
    const stopped = storage
    const stopping = async function* () {
      yield new Uint8Array(300_000)
      expect(await snapshotKeys()).toBe(2)
      // As far as Redis can tell, the one before has ended here.
      storage = open()
      expect((await storage.open(identity)).snapshot).toEqual(snapshotOf(3))
      yield new Uint8Array(300_000)
    }
    await expect(stopped.saveSnapshot(snapshotOf(5), stopping())).rejects.toMatchObject({
      code: 'ERR_STORAGE_LOCKED',
    })
    expect(await snapshotKeys()).toBe(1)
    expect(await contentOf(storage)).toBe('whole')
    await stopped.close()
  })

  describe('compaction', () => {
    test('goes up to the snapshot and no further, by whole blocks, and stays', async () => {
      await storage.compact(9)
      expect(await wholeLog(storage)).toHaveLength(9)
      await storage.saveSnapshot(snapshotOf(7), content('state'))
      await storage.compact(9)
      for (const state of [undefined, await reopened()]) {
        if (state !== undefined) expect(state.runs).toEqual([{ firstIndex: 7, lastIndex: 9, term: 1 }])
        expect(await storage.read(6, 1_000)).toEqual([])
        expect(text(await storage.read(7, 1_000))).toEqual(entries(7, 9))
      }
    })

    test('of all there is leaves an empty log that goes on where it ended', async () => {
      await storage.saveSnapshot(snapshotOf(9), content('state'))
      await storage.compact(9)
      expect(await reopened()).toMatchObject({ runs: [], lastTimestamp: 0, snapshot: { index: 9 } })
      expect((await server.admin.keys(`${prefix}:segment:*`)).length).toBe(0)
      expect(await write(storage, batch([stored(block(10, 2)), stored(block(12, 2, 2))]))).toBeUndefined()
      expect((await reopened()).runs).toEqual([
        { firstIndex: 10, lastIndex: 11, term: 1 },
        { firstIndex: 12, lastIndex: 13, term: 2 },
      ])
    })

    test('a compacted log can be truncated back to its beginning, no further, and grows again', async () => {
      await storage.saveSnapshot(snapshotOf(6), content('state'))
      await storage.compact(6)
      expect(await write(storage, batch([stored(block(7, 1, 2))], 7))).toBeUndefined()
      expect((await reopened()).runs).toEqual([{ firstIndex: 7, lastIndex: 7, term: 2 }])
      expect(await write(storage, batch([stored(block(7, 1, 1))], 7))).toBeUndefined()
      expect((await reopened()).runs).toEqual([{ firstIndex: 7, lastIndex: 7, term: 1 }])
      expect(await write(storage, batch([], 6))).toMatchObject({ code: 'ERR_STORAGE' })
    })

    test('forgets the terms of what it forgets', async () => {
      const terms = [2, 3, 3, 4, 5].map((term, at) => stored(block(10 + at, 1, term)))
      await write(storage, batch(terms))
      await storage.saveSnapshot(snapshotOf(11, 3), content('state'))
      await storage.compact(11)
      expect(await server.admin.zrange(`${prefix}:runs`, '0', '-1')).toEqual(['3', '4', '5'])
      expect((await reopened()).runs.map(({ term }) => term)).toEqual([3, 4, 5])
    })

    test('of a long log goes in slices, between which a write passes', async () => {
      const blocks = Array.from({ length: 1_000 }, (_, at) => stored(block(10 + at, 1)))
      await write(storage, batch(blocks))
      await storage.saveSnapshot(snapshotOf(1_000), content('state'))
      const before = await server.scriptsRun()
      const order: string[] = []
      const compacted = storage.compact(1_000).then(() => order.push('compacted'))
      const written = write(storage, batch([stored(block(1_010, 1))])).then((error) => order.push(`${error}`))
      await Promise.all([compacted, written])
      expect(order).toEqual(['undefined', 'compacted'])
      expect((await server.scriptsRun()) - before).toBeGreaterThanOrEqual(5)
      expect(await wholeLog(storage, 1_001)).toEqual(entries(1_001, 1_010))
      expect((await reopened()).runs).toEqual([{ firstIndex: 1_001, lastIndex: 1_010, term: 1 }])
    })
  })

  describe('a log that lacks the last entry of the newest snapshot', () => {
    const histories = {
      'ends before it': [20, 1],
      'has another term there': [5, 3],
      'has another term at its very end': [9, 2],
    } as const

    test.each(Object.entries(histories))(
      '%s: it is dropped, and goes on after the snapshot',
      async (_, [index, term]) => {
        await storage.saveSnapshot(snapshotOf(index, term), content('state'))
        // Saving does not touch the log.
        expect(await wholeLog(storage)).toEqual(entries(1, 9))
        const opensIt = await reopened()
        expect(opensIt).toMatchObject({ runs: [], snapshot: { index, term }, lastTimestamp: 0 })
        expect(await storage.read(1, 1_000)).toEqual([])
        expect(await write(storage, batch([stored(block(index + 1, 2, term))]))).toBeUndefined()
        expect((await reopened()).runs).toEqual([{ firstIndex: index + 1, lastIndex: index + 2, term }])
      },
    )

    test.each(Object.entries(histories))(
      '%s: compaction lets it be, and a write drops it',
      async (_, [index, term]) => {
        await storage.saveSnapshot(snapshotOf(index, term), content('state'))
        await storage.compact(index)
        expect(await wholeLog(storage)).toEqual(entries(1, 9))
        const restartBehind = { index, term }
        const what = { ...batch([stored(block(index + 1, 2, term))]), restartBehind }
        expect(await write(storage, what)).toBeUndefined()
        expect((await reopened()).runs).toEqual([{ firstIndex: index + 1, lastIndex: index + 2, term }])
      },
    )

    test('what goes on after it is of its term or a later one', async () => {
      await storage.saveSnapshot(snapshotOf(20, 3), content('state'))
      const what = { ...batch([stored(block(21, 1, 2))]), restartBehind: { index: 20, term: 3 } }
      expect(await write(storage, what)).toMatchObject({ code: 'ERR_STORAGE' })
      expect(await reopened()).toMatchObject({ runs: [] })
      expect(await write(storage, batch([stored(block(21, 1, 2))]))).toMatchObject({ code: 'ERR_STORAGE' })
    })

    test('a log that has it keeps what follows', async () => {
      await storage.saveSnapshot(snapshotOf(5), content('state'))
      expect((await reopened()).runs).toEqual([{ firstIndex: 1, lastIndex: 9, term: 1 }])
    })
  })
})
