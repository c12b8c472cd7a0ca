import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Member, StoredState } from '@riverraft/core'
import { expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { SAFE_SETTINGS } from '../src/persistence.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

const README = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')

test('the README names every setting that is asked for', () => {
  const rows = [...README.matchAll(/^\| `([a-z-]+)` +\| `([a-z]+)` +\|/gm)].map(([, name, value]) => [
    name,
    value,
  ])
  expect(rows).toEqual(Object.entries(SAFE_SETTINGS))
})

describeWithRedis('the example of the README', () => {
  test('runs as it stands, and goes on where it ended', async () => {
    const [, example] = /```ts\n(.*?)```/s.exec(README)!
    const server = await RedisServer.start()
    // Beside the tests, so that it finds the packages.
    const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
    try {
      await writeFile(join(directory, 'example.ts'), example!)
      const env = { ...process.env, REDIS_URL: server.url }
      for (const answer of [1, 2]) {
        const { stdout } = await promisify(execFile)(process.execPath, ['example.ts'], {
          cwd: directory,
          env,
        })
        expect(stdout).toBe(`${answer}\n${answer}\n`)
      }
    } finally {
      await rm(directory, { recursive: true })
      await server.remove()
    }
  })

  test('the recovery of a lost quorum looks first, and writes when it is told to, once', async () => {
    const [, example] = [...README.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
    const server = await RedisServer.start()
    const directory = await mkdtemp(join(import.meta.dirname, 'readme-'))
    const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))
    const storage = redisStorage({ url: server.url, prefix: 'orders:a' })
    const identity = { clusterId: 'orders', nodeId: 'a', members, incarnation: '00112233445566ff' }
    const stored = async (): Promise<StoredState> => {
      const state = await storage.open(identity)
      await storage.close()
      return state
    }
    try {
      await stored()
      await writeFile(join(directory, 'example.ts'), example!)
      const env = { ...process.env, REDIS_URL: server.url }
      const run = async (...args: string[]): Promise<string> =>
        (await promisify(execFile)(process.execPath, ['example.ts', ...args], { cwd: directory, env })).stdout
      expect(await run()).toMatch(/^a can be recovered; its last entry is 0 of term 0\nWhat the other voters/)
      expect((await stored()).generation).toBe(0)
      expect(await run('--yes')).toMatch(/^a can be recovered/)
      const recovered = await stored()
      expect(recovered.generation).toBeGreaterThan(0)
      expect(recovered.runs).toMatchObject([{ firstIndex: 1, lastIndex: 2 }])
      expect(await run('--yes')).toMatch(
        /^a is the only voter and needs no other: the cluster was recovered already/,
      )
      expect(await stored()).toEqual(recovered)
    } finally {
      await rm(directory, { recursive: true })
      await server.remove()
    }
  })
})
