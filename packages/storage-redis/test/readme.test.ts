import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
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
})
