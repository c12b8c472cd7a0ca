import { decodeBlock, EntryBlock, type Storage } from '@riverraft/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
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

describeWithRedis('a storage in Redis', () => {
  let server: RedisServer
  let storage: Storage
  let prefix = ''
  let prefixes = 0

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  beforeEach(async () => {
    prefix = `orders:${++prefixes}`
    storage = open()
    await storage.open(identity)
  })

  afterEach(() => storage.close())

  const open = (): Storage => redisStorage({ url: server.url, prefix })

  /** Closed, and opened by another process, as it were. */
  const reopened = async () => {
    await storage.close()
    storage = open()
    return storage.open({ ...identity, incarnation: 'ffffffffffffffff', members: [] })
  }

  describe('what it says of itself', () => {
    test('it is durable', () => {
      expect(storage).toMatchObject({ name: 'redis', durable: true })
    })

    test('an empty storage is formatted with what it was given', async () => {
      prefix = `orders:${++prefixes}`
      const fresh = open()
      expect(await fresh.open(identity)).toEqual({
        formatted: true,
        incarnation: identity.incarnation,
        members: identity.members,
        hardState: { currentTerm: 0, votedFor: undefined },
        generation: 0,
        runs: [],
        snapshot: undefined,
        lastTimestamp: 0,
      })
      await fresh.close()
    })

    test('opened again it tells what was completed, whatever it is opened with', async () => {
      const hardState = { currentTerm: 7, votedFor: 'b' }
      const blocks = [stored(block(1, 3)), stored(block(4, 2)), stored(block(6, 1, 5, 2_000))]
      expect(await write(storage, { hardState, truncateFrom: undefined, blocks })).toBeUndefined()
      expect(await reopened()).toEqual({
        formatted: false,
        incarnation: identity.incarnation,
        members: identity.members,
        hardState,
        generation: 0,
        runs: [
          { firstIndex: 1, lastIndex: 5, term: 1 },
          { firstIndex: 6, lastIndex: 6, term: 5 },
        ],
        snapshot: undefined,
        lastTimestamp: 2_000,
      })
      expect(await wholeLog(storage)).toEqual([...entries(1, 5), '6@5'])
    })

    test('a vote that was taken back stays taken back', async () => {
      const empty = { truncateFrom: undefined, blocks: [] }
      await write(storage, { hardState: { currentTerm: 1, votedFor: 'b' }, ...empty })
      await write(storage, { hardState: { currentTerm: 2, votedFor: undefined }, ...empty })
      await write(storage, batch([]))
      expect((await reopened()).hardState).toEqual({ currentTerm: 2, votedFor: undefined })
    })

    test.each([
      ['another node', { nodeId: 'b' }],
      ['another cluster', { clusterId: 'payments' }],
    ])('it does not open for %s, and stays as it is', async (_, other) => {
      await write(storage, batch([stored(block(1, 3))]))
      await storage.close()
      const wrong = open()
      await expect(wrong.open({ ...identity, ...other })).rejects.toMatchObject({
        code: 'ERR_STORAGE_IDENTITY',
      })
      await wrong.close()
      expect((await reopened()).runs).toEqual([{ firstIndex: 1, lastIndex: 3, term: 1 }])
    })
  })

  describe('the log', () => {
    test('a block is read as the very bytes that were written', async () => {
      const first = block(1, 3)
      const second = block(4, 2, 2)
      expect(await write(storage, batch([stored(first), stored(second)]))).toBeUndefined()
      const read = await storage.read(1, 1_000_000)
      expect(read.map(({ bytes }) => bytes)).toEqual([first.bytes, second.bytes])
    })

    test('reading begins with the block that holds the index, and ends when the bytes are used up', async () => {
      const blocks = [block(1, 2), block(3, 2), block(5, 2), block(7, 2)]
      await write(storage, batch(blocks.map((one) => stored(one))))
      const size = blocks[0]!.byteLength
      expect(text(await storage.read(4, 2 * size))).toEqual(entries(3, 6))
      expect(text(await storage.read(4, 1))).toEqual(entries(3, 4))
      expect(await storage.read(9, 1_000)).toEqual([])
    })

    test('many blocks are read in one go, over the borders of segments', async () => {
      const blocks = Array.from({ length: 300 }, (_, at) => stored(block(1 + at * 50, 50)))
      expect(await write(storage, batch(blocks))).toBeUndefined()
      expect(await storage.read(1, 100_000_000)).toHaveLength(300)
      expect(await wholeLog(storage, 1, 5_000)).toEqual(entries(1, 15_000))
    })

    test('a truncation inside a block leaves a block of the entries before it', async () => {
      await write(storage, batch([stored(block(1, 5))]))
      await write(storage, batch([stored(block(3, 2, 2))], 3))
      const read = await storage.read(1, 1_000_000)
      expect(text(read)).toEqual(['1@1', '2@1', '3@2', '4@2'])
      // Re-framed, it is as good as any other block: it goes to followers as it is.
      expect(() => decodeBlock(read[0]!.bytes)).not.toThrow()
      expect(read[0]).toMatchObject({ firstIndex: 1, lastIndex: 2, term: 1 })
      expect((await reopened()).runs).toEqual([
        { firstIndex: 1, lastIndex: 2, term: 1 },
        { firstIndex: 3, lastIndex: 4, term: 2 },
      ])
    })

    test('a truncation without new blocks is the end of the log, and of its last timestamp', async () => {
      await write(
        storage,
        batch([stored(block(1, 2)), stored(block(3, 3, 1, 2_000)), stored(block(6, 2, 2, 3_000))]),
      )
      await write(storage, batch([], 5))
      expect(await reopened()).toMatchObject({
        runs: [{ firstIndex: 1, lastIndex: 4, term: 1 }],
        lastTimestamp: 2_000,
      })
      expect(await wholeLog(storage)).toEqual(entries(1, 4))
    })

    test('a block whose beginning is known already is stored from its first effective index', async () => {
      await write(storage, batch([stored(block(1, 3))]))
      expect(await write(storage, batch([stored(block(2, 4), 4)]))).toBeUndefined()
      expect(text(await storage.read(4, 1_000_000))).toEqual(['4@1', '5@1'])
      expect(await wholeLog(storage)).toEqual(entries(1, 5))
    })

    test('everything can be truncated, and nothing of it stays in Redis', async () => {
      await write(storage, batch([stored(block(1, 3)), stored(block(4, 3))]))
      expect(await write(storage, batch([], 1))).toBeUndefined()
      expect(await server.admin.keys(`{${prefix}}*`)).toEqual([`{${prefix}}:meta`])
      expect(await write(storage, batch([stored(block(1, 1, 2))]))).toBeUndefined()
      expect(await wholeLog(storage)).toEqual(['1@2'])
    })

    test('indexes and terms are good up to the largest that a number can say', async () => {
      const high = Number.MAX_SAFE_INTEGER - 10
      const meta = { first: high, last: high - 1, 'before-term': 3 }
      await server.admin.hset(`{${prefix}}:meta`, meta)
      await storage.saveSnapshot(
        { index: high - 1, term: 3, members: [], timestamp: 0 },
        (async function* () {})(),
      )
      await reopened()
      const term = Number.MAX_SAFE_INTEGER
      expect(
        await write(storage, batch([stored(block(high, 3, term)), stored(block(high + 3, 3, term))])),
      ).toBeUndefined()
      expect(await write(storage, batch([], high + 4))).toBeUndefined()
      expect((await reopened()).runs).toEqual([{ firstIndex: high, lastIndex: high + 3, term }])
      expect(text(await storage.read(high + 3, 1_000))).toEqual([`${high + 3}@${term}`])
    })

    test('a block that is a view of a large receive buffer is stored as the block alone', async () => {
      const { bytes } = block(1, 1)
      const buffer = new Uint8Array(100_000)
      buffer.set(bytes, 5_000)
      await write(storage, batch([stored(new EntryBlock(buffer.subarray(5_000, 5_000 + bytes.length)))]))
      const [read] = await storage.read(1, 1_000)
      expect(read!.bytes).toEqual(bytes)
      expect(read!.bytes.buffer.byteLength).toBe(bytes.length)
    })

    test('opening takes the same few scripts for a short log and for a long one', async () => {
      const blocks = Array.from({ length: 3_000 }, (_, at) => stored(block(1 + at, 1)))
      await write(storage, batch(blocks))
      const before = await server.scriptsRun()
      expect((await reopened()).runs).toEqual([{ firstIndex: 1, lastIndex: 3_000, term: 1 }])
      expect((await server.scriptsRun()) - before).toBeLessThanOrEqual(2)
    })
  })

  describe('a wrong batch', () => {
    const wrong = {
      'a gap': batch([stored(block(5, 1, 2))]),
      'an overlap that was not declared': batch([stored(block(2, 4, 2))]),
      'a gap inside the batch': batch([stored(block(4, 1, 2)), stored(block(6, 1, 2))]),
      'a first effective index outside its block': batch([stored(block(5, 2, 2), 4)]),
      'a truncation beyond the end': batch([], 9),
      'a truncation before the beginning': batch([], 0),
      'a term that goes back': batch([stored(block(4, 1, 1))]),
    }

    test.each(Object.entries(wrong))(
      '%s fails, changes nothing, and poisons the storage',
      async (_, what) => {
        await write(storage, batch([stored(block(1, 3, 2))]))
        const hardState = { currentTerm: 9, votedFor: 'c' }
        expect(await write(storage, { ...what, hardState })).toMatchObject({ code: 'ERR_STORAGE' })
        expect(await write(storage, batch([stored(block(4, 1, 2))]))).toMatchObject({ code: 'ERR_STORAGE' })
        await expect(storage.read(1, 1_000)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
        const poisoned = storage
        expect(await reopened()).toMatchObject({
          hardState: { currentTerm: 0, votedFor: undefined },
          runs: [{ firstIndex: 1, lastIndex: 3, term: 2 }],
        })
        await expect(poisoned.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
      },
    )
  })

  describe('opened and closed', () => {
    test('a second open of the same storage is refused while the first holds', async () => {
      await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
      expect(await write(storage, batch([stored(block(1, 1))]))).toBeUndefined()
    })

    test('before open and after close every call fails, and closing again does not', async () => {
      for (const unusable of [open(), storage]) {
        await unusable.close()
        await unusable.close()
        expect(await write(unusable, batch([]))).toMatchObject({ code: 'ERR_STORAGE' })
        await expect(unusable.read(1, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
        await expect(unusable.compact(1)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
        await expect(unusable.openSnapshot()).rejects.toMatchObject({ code: 'ERR_STORAGE' })
      }
    })

    test('closing lets the write under way end first', async () => {
      const outcomes: string[] = []
      const written = write(storage, batch([stored(block(1, 1))])).then((error) => outcomes.push(`${error}`))
      await storage.close().then(() => outcomes.push('closed'))
      await written
      expect(outcomes).toEqual(['undefined', 'closed'])
      expect((await reopened()).runs).toHaveLength(1)
    })

    test('a storage can be opened again after it was closed', async () => {
      await write(storage, batch([stored(block(1, 2))]))
      await storage.close()
      expect(await storage.open(identity)).toMatchObject({ formatted: false })
      expect(await wholeLog(storage)).toEqual(entries(1, 2))
    })
  })

  test('in a Redis Cluster all its keys share a slot', async () => {
    const node = await RedisServer.start({ 'cluster-enabled': 'yes' })
    try {
      await node.admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
      await vi.waitUntil(async () => (await node.admin.cluster('INFO')).includes('cluster_state:ok'), {
        timeout: 20_000,
      })
      const clustered = redisStorage({ url: node.url, prefix })
      await clustered.open(identity)
      expect(await write(clustered, batch([stored(block(1, 5)), stored(block(6, 5_000))]))).toBeUndefined()
      await clustered.saveSnapshot(snapshotOf(6), content('state'))
      await clustered.compact(6)
      expect(await wholeLog(clustered, 6)).toEqual(entries(6, 5_005))
      expect(await contentOf(clustered)).toBe('state')
      const slots = (await node.admin.keys('*')).map((key) => node.admin.cluster('KEYSLOT', key))
      expect(new Set(await Promise.all(slots)).size).toBe(1)
      await clustered.close()
    } finally {
      await node.remove()
    }
  })
})
