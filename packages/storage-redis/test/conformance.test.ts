// The contract of the Storage port, on a server of the test's own: every place is a prefix.
import { testStorage, testStorageDamage, testStorageFailures } from '@riverraft/conformance/storage'
import { afterAll, beforeAll, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('the contract of the Storage port, in Redis', () => {
  let server: RedisServer
  let prefixes = 0

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  const place = () => {
    const prefix = `orders:${++prefixes}`
    return { prefix, storage: () => redisStorage({ url: server.url, prefix }) }
  }

  testStorage(test, (use) => use(place()), { durable: true })

  testStorageFailures(test, async (use) => {
    // Full: it refuses every script that may write.
    const limit = async (bytes: string): Promise<void> => {
      await server.admin.config('SET', 'maxmemory', bytes)
    }
    try {
      await use({ ...place(), failWrites: () => limit('1'), mend: () => limit('0') })
    } finally {
      await limit('0')
    }
  })

  testStorageDamage(test, async (use) => {
    const { prefix, storage } = place()
    const damageSnapshot = async (): Promise<void> => {
      const newest = await server.admin.hget(`{${prefix}}:meta`, 'snapshot')
      const key = `{${prefix}}:snapshot:${newest}`
      const chunk = (await server.admin.hgetBuffer(key, '0'))!
      chunk.writeUInt8(chunk.readUInt8(1_000) ^ 1, 1_000)
      await server.admin.hset(key, '0', chunk)
    }
    await use({ storage, damageSnapshot })
  })
})
