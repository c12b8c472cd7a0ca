import type { Storage } from '@riverraft/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
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
  write,
} from './helpers.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('damage', () => {
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

  const meta = () => `${prefix}:meta`
  const newest = async () => `${prefix}:snapshot:${await server.admin.hget(meta(), 'snapshot')}`

  test('of a chunk, a missing chunk, and chunks in another order all show while it is read', async () => {
    const large = () => content('a'.repeat(262_144), 'b'.repeat(262_144), 'c')
    const damages: ((key: string) => Promise<unknown>)[] = [
      (key) => server.admin.hset(key, '1', Buffer.alloc(262_148, 'x')),
      (key) => server.admin.hset(key, '1', ''),
      async (key) => server.admin.hset(key, '0', (await server.admin.hgetBuffer(key, '1'))!),
    ]
    for (const [at, damage] of damages.entries()) {
      await storage.saveSnapshot(snapshotOf(3 + at), large())
      await damage(await newest())
      await expect(contentOf(storage)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    }
  })

  test('of its metadata, or a part that is missing, is found when the storage is opened', async () => {
    await storage.saveSnapshot(snapshotOf(3), content('state'))
    const record = (await server.admin.hget(await newest(), 'record'))!
    await server.admin.hset(await newest(), 'record', record.replace('"index":3', '"index":4'))
    await expect(storage.openSnapshot()).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    await expect(reopened()).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    await server.admin.hset(await newest(), 'record', record)
    expect((await reopened()).snapshot).toEqual(snapshotOf(3))
    await server.admin.hdel(await newest(), '0')
    await expect(reopened()).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  })

  test('of a block is found when it is read', async () => {
    const bytes = (await server.admin.hgetBuffer(`${prefix}:segment:0`, '4'))!
    bytes[bytes.length - 1]! ^= 1
    await server.admin.hset(`${prefix}:segment:0`, '4', bytes)
    expect(text(await storage.read(1, 1))).toEqual(entries(1, 3))
    await expect(storage.read(4, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    await server.admin.hset(
      `${prefix}:segment:0`,
      '4',
      (await server.admin.hgetBuffer(`${prefix}:segment:0`, '7'))!,
    )
    await expect(storage.read(4, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    await server.admin.hdel(`${prefix}:segment:0`, '4')
    await expect(storage.read(4, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  })

  test('a log without what says whose it is, is not formatted over', async () => {
    await storage.close()
    await server.admin.del(meta())
    await expect(open().open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    expect(await server.admin.exists(`${prefix}:blocks`)).toBe(1)
  })

  test('a format of a later version is left alone', async () => {
    await server.admin.hset(meta(), 'format', '2')
    await expect(reopened()).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('FORMAT 2'),
    })
  })
})
