import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { batch, block, content, entries, identity, snapshotOf, stored, wholeLog, write } from './helpers.js'
import { LossyProxy } from './lossy-proxy.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('two that open the same storage', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  test('the second one owns it, the first one can change nothing and reads nothing', async () => {
    const first = redisStorage({ url: server.url, prefix: 'a' })
    const second = redisStorage({ url: server.url, prefix: 'a' })
    await first.open(identity)
    await write(first, batch([stored(block(1, 2))]))
    expect((await second.open(identity)).runs).toEqual([{ firstIndex: 1, lastIndex: 2, term: 1 }])

    const fenced = {
      code: 'ERR_STORAGE_LOCKED',
      message: expect.stringContaining('somebody else has opened it'),
    }
    expect(await write(first, batch([stored(block(3, 1))]))).toMatchObject(fenced)
    await expect(first.read(1, 1)).rejects.toMatchObject(fenced)
    await expect(first.saveSnapshot(snapshotOf(1), content('x'))).rejects.toMatchObject(fenced)
    await first.close()
    await expect(first.open(identity)).rejects.toMatchObject(fenced)

    expect(await write(second, batch([stored(block(3, 1, 2))]))).toBeUndefined()
    expect(await wholeLog(second)).toEqual([...entries(1, 2), '3@2'])
    await second.close()
  })

  test.each(['read', 'compact', 'openSnapshot'] as const)(
    'the first one learns it from %s, too',
    async (call) => {
      const first = redisStorage({ url: server.url, prefix: call })
      const second = redisStorage({ url: server.url, prefix: call })
      await first.open(identity)
      await second.open(identity)
      await expect(first[call](1, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
      expect(await write(first, batch([]))).toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
      await first.close()
      await second.close()
    },
  )

  test('the first one, cut off and back again, learns it before it sends anything', async () => {
    const proxy = await LossyProxy.start(server.port)
    const first = redisStorage({ url: proxy.url, prefix: 'back' })
    await first.open(identity)
    proxy.cut()
    const second = redisStorage({ url: server.url, prefix: 'back' })
    await second.open(identity)
    expect(await write(first, batch([stored(block(1, 1))]))).toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
    expect(await wholeLog(second)).toEqual([])
    await first.close()
    await second.close()
    await proxy.close()
  })

  test('storages with different prefixes do not know of each other', async () => {
    const storages = ['x', 'x:meta', 'y'].map((prefix) => redisStorage({ url: server.url, prefix }))
    for (const [at, storage] of storages.entries()) {
      await storage.open({ ...identity, nodeId: `node-${at}` })
      expect(await write(storage, batch([stored(block(1, 1, at + 1))]))).toBeUndefined()
    }
    for (const [at, storage] of storages.entries()) {
      expect(await wholeLog(storage)).toEqual([`1@${at + 1}`])
      await storage.close()
    }
  })
})
