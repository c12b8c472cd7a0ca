import type { Storage } from '@riverraft/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { batch, block, entries, identity, stored, wholeLog, write } from './helpers.js'
import { LossyProxy } from './lossy-proxy.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

describeWithRedis('when things fail', () => {
  let server: RedisServer
  let proxy: LossyProxy
  let storage: Storage

  beforeEach(async () => {
    server = await RedisServer.start()
    proxy = await LossyProxy.start(server.port)
    storage = redisStorage({ url: proxy.url, prefix: 'a', commandTimeoutMs: 1_000, connectTimeoutMs: 5_000 })
    await storage.open(identity)
    expect(await write(storage, batch([stored(block(1, 3))]))).toBeUndefined()
  })

  afterEach(async () => {
    await storage.close()
    await proxy.close()
    await server.remove()
  })

  /** What the next process finds. */
  const found = async (): Promise<string[]> => {
    const next = redisStorage({ url: server.url, prefix: 'a' })
    await next.open(identity)
    const log = await wholeLog(next)
    await next.close()
    return log
  }

  const expectPoisoned = async (cause: unknown = expect.anything()): Promise<void> => {
    const poisoned = { code: 'ERR_STORAGE', cause }
    expect(await write(storage, batch([stored(block(4, 1))]))).toMatchObject(poisoned)
    await expect(storage.read(1, 1)).rejects.toMatchObject(poisoned)
    await expect(storage.compact(1)).rejects.toMatchObject(poisoned)
    await expect(storage.openSnapshot()).rejects.toMatchObject(poisoned)
    await storage.close()
    await expect(storage.open(identity)).rejects.toMatchObject(poisoned)
  }

  describe('a connection lost in the middle of a write', () => {
    test.each([
      ['request', entries(1, 3)],
      ['part', entries(1, 3)],
      ['answer', entries(1, 5)],
    ] as const)(
      'with the %s: the outcome is unknown, it is never sent again, nothing else is lost',
      async (loss, log) => {
        proxy.loseNext(loss)
        const error = await write(storage, batch([stored(block(4, 2))]))
        expect(error).toMatchObject({
          code: 'ERR_STORAGE',
          message: expect.stringContaining('outcome unknown'),
        })
        await expectPoisoned()
        expect(await found()).toEqual(log)
      },
    )

    test('an error does not carry the batch with it', async () => {
      const error = await write(storage, batch([stored(block(9, 2))]))
      expect(error).toMatchObject({ code: 'ERR_STORAGE', cause: { name: 'ReplyError' } })
      expect(error!.cause).not.toHaveProperty('command')
    })
  })

  test('a connection lost between calls is made again by the next one', async () => {
    for (let index = 4; index < 7; index++) {
      proxy.cut()
      expect(await wholeLog(storage)).toEqual(entries(1, index - 1))
      expect(await write(storage, batch([stored(block(index, 1))]))).toBeUndefined()
    }
  })

  test('a connection lost in the middle of a read is no reason not to read again', async () => {
    for (const loss of ['request', 'part', 'answer'] as const) {
      proxy.loseNext(loss)
      expect(await wholeLog(storage)).toEqual(entries(1, 3))
    }
  })

  test('a connection on which nothing comes any more is replaced by one that works', async () => {
    proxy.freeze()
    expect(await wholeLog(storage)).toEqual(entries(1, 3))
    expect(await write(storage, batch([stored(block(4, 1))]))).toBeUndefined()
  })

  test('a server that answers too late: the outcome is unknown', async () => {
    server.pause()
    expect(await write(storage, batch([stored(block(4, 2))]))).toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('outcome unknown'),
    })
    await expectPoisoned()
    server.resume()
    expect([entries(1, 3), entries(1, 5)]).toContainEqual(await found())
  })

  test('a server that was killed and came back: the next write goes on, everything acknowledged is there', async () => {
    for (let index = 4; index < 20; index++) {
      if (index % 5 === 0) await server.restart('SIGKILL')
      expect(await write(storage, batch([stored(block(index, 1))]))).toBeUndefined()
    }
    await server.restart('SIGTERM')
    expect(await wholeLog(storage)).toEqual(entries(1, 19))
  })

  test('a server that is down for longer than one waits is a failed write', async () => {
    await server.end()
    const impatient = redisStorage({ url: proxy.url, prefix: 'a', connectTimeoutMs: 200 })
    await expect(impatient.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  })

  test('a server killed while it writes: what was acknowledged is there, the rest as a whole or not at all', async () => {
    for (let round = 0; round < 5; round++) {
      const next = redisStorage({ url: server.url, prefix: `killed-${round}` })
      await next.open(identity)
      let acknowledged = 0
      const writing = (async () => {
        for (let first = 1; ; first += 10) {
          const error = await write(next, batch([stored(block(first, 4)), stored(block(first + 4, 6))]))
          if (error) return error
          acknowledged = first + 9
          if (acknowledged === 200) void server.end('SIGKILL')
        }
      })()
      expect(await writing).toMatchObject({ code: 'ERR_STORAGE' })
      await next.close()
      await server.end()
      await server.start()
      const again = redisStorage({ url: server.url, prefix: `killed-${round}` })
      const { runs } = await again.open(identity)
      expect(acknowledged).toBeGreaterThanOrEqual(200)
      expect([acknowledged, acknowledged + 10]).toContain(runs[0]!.lastIndex)
      expect(await wholeLog(again)).toEqual(entries(1, runs[0]!.lastIndex))
      await again.close()
    }
  })

  test('a server that comes back with an older log is fatal', async () => {
    await server.end()
    const restore = await server.backup()
    await server.start()
    expect(await write(storage, batch([stored(block(4, 2))]))).toBeUndefined()
    await server.end()
    await restore()
    await server.start()
    await expect(storage.read(1, 1)).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('ended at 5 and, over a restart of Redis, now ends at 3'),
    })
    expect(await write(storage, batch([stored(block(6, 1))]))).toMatchObject({ code: 'ERR_STORAGE' })
  })

  test('a server that comes back without anything, or as another one, is fatal', async () => {
    await server.admin.flushall()
    expect(await write(storage, batch([stored(block(4, 1))]))).toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('LOST'),
    })
    const first = redisStorage({ url: server.url, prefix: 'b' })
    await first.open(identity)
    await server.admin.flushall()
    const second = redisStorage({ url: server.url, prefix: 'b' })
    // Epoch 1 again, but another incarnation.
    await second.open({ ...identity, incarnation: 'ffffffffffffffff' })
    expect(await write(first, batch([stored(block(1, 1))]))).toMatchObject({ code: 'ERR_STORAGE' })
    expect(await wholeLog(second)).toEqual([])
    await first.close()
    await second.close()
  })

  test('a log that somebody else has changed is fatal', async () => {
    await server.admin.hset('{a}:meta', 'last', '2')
    expect(await write(storage, batch([stored(block(4, 1))]))).toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('it ends at 2, not at 3'),
    })
  })

  test('a server whose memory is full refuses a write as a whole', async () => {
    await server.admin.config('SET', 'maxmemory', '1')
    const hardState = { currentTerm: 2, votedFor: 'b' }
    const full = { hardState, truncateFrom: undefined, blocks: [stored(block(4, 2, 2))] }
    expect(await write(storage, full)).toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('OOM'),
    })
    await server.admin.config('SET', 'maxmemory', '0')
    expect(await found()).toEqual(entries(1, 3))
  })

  test('a server that forgot the scripts is told them again', async () => {
    await server.admin.script('FLUSH')
    expect(await write(storage, batch([stored(block(4, 1))]))).toBeUndefined()
    expect(await wholeLog(storage)).toEqual(entries(1, 4))
  })
})
