// A directory that was made and not yet synced when its process died: the next opening finds it, and must not trust it.
import { readlinkSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { beforeEach, expect, test, vi } from 'vitest'
import { nodeFileSystem } from '../src/index.js'
import { systemError } from './harness/faulty-disk.js'
import { temporaryDirectory } from './harness/helpers.js'

const disk = vi.hoisted(() => ({ synced: [] as string[], failAt: 0, code: 'EIO' }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const fsync = (file: number, done: (error?: Error | null) => void): void => {
    if (--disk.failAt === 0) return done(systemError(disk.code))
    disk.synced.push(readlinkSync(`/proc/self/fd/${file}`))
    fs.fsync(file, done)
  }
  return { ...fs, fsync }
})

beforeEach(() => {
  Object.assign(disk, { synced: [], failAt: 0, code: 'EIO' })
})

test.runIf(process.platform === 'linux').each([1, 2, 3, 4])(
  'stopped at sync %s of four, it is durable with everything above it after the next try',
  async (failAt) => {
    const top = await temporaryDirectory()
    disk.failAt = failAt
    await expect(nodeFileSystem().makeDirectory(`${top}/a/b/c`)).rejects.toThrow('EIO')
    await nodeFileSystem().makeDirectory(`${top}/a/b/c`)
    expect(disk.synced).toEqual(expect.arrayContaining([top, `${top}/a`, `${top}/a/b`]))
  },
)

test('one that exists is good enough where the system will not sync what it stands in', async () => {
  const top = await temporaryDirectory()
  await mkdir(`${top}/a`)
  Object.assign(disk, { failAt: 1, code: 'EINVAL' })
  await nodeFileSystem().makeDirectory(`${top}/a`)
})
