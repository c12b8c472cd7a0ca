import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { batch, block, identity, stored, write } from './helpers.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('a Redis that may lose acknowledged writes', () => {
  let server: RedisServer

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  test.each([
    ['appendonly', 'no', 'yes'],
    ['appendfsync', 'everysec', 'always'],
    ['appendfsync', 'no', 'always'],
    ['no-appendfsync-on-rewrite', 'yes', 'no'],
    ['maxmemory-policy', 'allkeys-lru', 'noeviction'],
  ])('%s %s is refused by name, and accepted only on demand', async (name, unsafe, safe) => {
    await server.admin.config('SET', name, unsafe)
    try {
      const options = { url: server.url, prefix: `${name}-${unsafe}` }
      const storage = redisStorage(options)
      await expect(storage.open(identity)).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        message: expect.stringContaining(`${name} is ${unsafe}, must be ${safe}`),
      })
      // Refused before anything was written.
      expect(await server.admin.keys(`{${options.prefix}}*`)).toEqual([])
      await storage.close()
      const careless = redisStorage({ ...options, allowUnsafePersistence: true })
      expect(await careless.open(identity)).toMatchObject({ formatted: true })
      expect(await write(careless, batch([stored(block(1, 1))]))).toBeUndefined()
      await careless.close()
    } finally {
      await server.admin.config('SET', name, safe)
    }
  })

  test('settings that became unsafe count from the next connection on', async () => {
    const storage = redisStorage({ url: server.url, prefix: 'changed' })
    await storage.open(identity)
    await server.admin.config('SET', 'appendfsync', 'everysec')
    try {
      await server.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await expect(storage.read(1, 1)).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        message: expect.stringContaining('appendfsync'),
      })
      expect(await write(storage, batch([stored(block(1, 1))]))).toMatchObject({ code: 'ERR_STORAGE' })
      await storage.close()
    } finally {
      await server.admin.config('SET', 'appendfsync', 'always')
    }
  })

  test.each([
    ['does not say', { 'rename-command': ['CONFIG', ''] }, 'appendonly is unknown'],
    // Nobody listens there: it is a replica that has lost its master.
    ['is the replica of another', { replicaof: ['127.0.0.1', '1'] }, 'its role is slave'],
  ])('one that %s is refused', async (_, settings, message) => {
    const other = await RedisServer.start(settings)
    try {
      const storage = redisStorage({ url: other.url, prefix: 'a' })
      await expect(storage.open(identity)).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        message: expect.stringContaining(message),
      })
      await storage.close()
    } finally {
      await other.remove()
    }
  })

  test('a wrong password, and nobody there, are told apart and told soon', async () => {
    const other = await RedisServer.start({ requirepass: 'secret' })
    try {
      const url = other.url.replace('//', '//default:wrong@')
      const wrong = redisStorage({ url, prefix: 'a' })
      await expect(wrong.open(identity)).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        message: expect.stringContaining('WRONGPASS'),
      })
      const right = redisStorage({ url: url.replace('wrong', 'secret'), prefix: 'a' })
      expect(await right.open(identity)).toMatchObject({ formatted: true })
      await right.close()
      await other.end()
      const nobody = redisStorage({ url, prefix: 'a', connectTimeoutMs: 100 })
      await expect(nobody.open(identity)).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        cause: { code: 'ECONNREFUSED' },
      })
    } finally {
      await other.remove()
    }
  })

  test('a database that does not exist is refused, not replaced by another one', async () => {
    const storage = redisStorage({ url: `${server.url}/99`, prefix: 'elsewhere' })
    await expect(storage.open(identity)).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('DB index is out of range'),
    })
    expect(await server.admin.keys('{elsewhere}*')).toEqual([])
    const second = redisStorage({ url: `${server.url}/1`, prefix: 'elsewhere' })
    expect(await second.open(identity)).toMatchObject({ formatted: true })
    expect(await server.admin.keys('{elsewhere}*')).toEqual([])
    await second.close()
  })
})
