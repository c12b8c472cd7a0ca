// The contract proves itself: each of these file systems breaks one promise, and is caught at that.
import { describe, expect, test } from 'vitest'
import { testFileSystem } from '../src/file-system-contract/index.js'
import { type FileSystem, nodeFileSystem } from '../src/index.js'
import { systemError } from './harness/faulty-disk.js'
import { quickDirectory } from './harness/helpers.js'

/** What a broken one does otherwise; the rest is right. */
type Break = (right: FileSystem) => Partial<FileSystem>

const joined = (buffers: readonly Uint8Array[]): Uint8Array => Buffer.concat(buffers)

const BROKEN: readonly [what: string, caughtBy: string, how: Break][] = [
  [
    'takes an existing file for a new one',
    'what exists is not created again, and stays as it is',
    (right) => ({
      open: (path, mode) =>
        right.open(path, mode).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error
          return right.open(path, 'write')
        }),
    }),
  ],
  [
    'creates what is to be opened',
    'what does not exist is not opened, and does not come to exist',
    (right) => ({
      open: (path, mode) =>
        right.open(path, mode).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOENT' || mode !== 'write') throw error
          return right.open(path, 'create')
        }),
    }),
  ],
  [
    'writes what was opened to read',
    'a file that was opened to read is not written',
    (right) => ({ open: (path, mode) => right.open(path, mode === 'read' ? 'write' : mode) }),
  ],
  [
    'writes the first buffer only, and says all',
    'buffers are written one after another, from the position on',
    (right) => ({
      write: (file, buffers, position, done) =>
        right.write(file, buffers.slice(0, 1), position, (error) => done(error, joined(buffers).length)),
    }),
  ],
  [
    'appends wherever it is told to write',
    'writing goes over what was there, and beyond the end',
    (right) => ({
      write: (file, buffers, _position, done) => {
        right.size(file).then(
          (size) => right.write(file, buffers, size, done),
          (error) => done(error, 0),
        )
      },
    }),
  ],
  [
    'calls back twice',
    'a write tells how many bytes it took, and calls back once',
    (right) => ({
      write: (file, buffers, position, done) =>
        right.write(file, buffers, position, (error, written) => {
          done(error, written)
          if (!error) done(error, written)
        }),
    }),
  ],
  [
    'keeps the caller’s bytes and writes them at the sync',
    'buffers are the caller’s again once the write has completed',
    (right) => {
      const kept: (() => Promise<void>)[] = []
      return {
        write: (file, buffers, position, done) =>
          right.write(file, buffers, position, (error, written) => {
            kept.push(() => new Promise((resolve) => right.write(file, buffers, position, () => resolve())))
            done(error, written)
          }),
        sync: (file, done) => {
          Promise.all(kept.splice(0).map((write) => write())).then(() => right.sync(file, done), done)
        },
      }
    },
  ],
  [
    'fails at the end of a file',
    'reading is short at the end, and nothing beyond it',
    (right) => ({
      read: async (file, bytes, position) => {
        const count = await right.read(file, bytes, position)
        if (count === 0) throw systemError('EIO')
        return count
      },
    }),
  ],
  [
    'claims to have read all that it was asked for',
    'reading is short at the end, and nothing beyond it',
    (right) => ({
      read: async (file, bytes, position) => {
        const count = await right.read(file, bytes, position)
        return count === 0 ? 0 : bytes.length
      },
    }),
  ],
  [
    'reads from the beginning of the buffer’s memory',
    'reading fills what it is given, and nothing around it',
    (right) => ({
      read: (file, bytes, position) =>
        right.read(file, new Uint8Array(bytes.buffer, 0, bytes.length), position),
    }),
  ],
  [
    'tells the size that was there when it was opened',
    'writing goes over what was there, and beyond the end',
    (right) => {
      const sizes = new Map<number, number>()
      return {
        open: async (path, mode) => {
          const file = await right.open(path, mode)
          sizes.set(file, await right.size(file))
          return file
        },
        size: async (file) => sizes.get(file)!,
      }
    },
  ],
  [
    'refuses to rename onto an existing file',
    'renaming replaces what has the name',
    (right) => ({
      rename: async (from, to) => {
        const there = await right.open(to, 'read').catch(() => undefined)
        if (there === undefined) return right.rename(from, to)
        await right.close(there)
        throw systemError('EEXIST')
      },
    }),
  ],
  [
    'takes removing what is missing for done',
    'what is missing is neither listed, renamed nor removed',
    (right) => ({ remove: (path) => right.remove(path).catch(() => {}) }),
  ],
  [
    'takes a missing directory for an empty one',
    'what is missing is neither listed, renamed nor removed',
    (right) => ({ list: (path) => right.list(path).catch(() => []) }),
  ],
  [
    'loses the code of an error',
    'what is missing is neither listed, renamed nor removed',
    (right) => ({
      remove: (path) =>
        right.remove(path).catch((error: Error) => {
          throw new Error(error.message)
        }),
    }),
  ],
  [
    'makes one level of directories',
    'a directory is made with what is missing above it, and again without harm',
    (right) => ({
      makeDirectory: async (path) => {
        await right.list(path.slice(0, path.lastIndexOf('/')))
        await right.makeDirectory(path)
      },
    }),
  ],
  [
    'lets two have one lock',
    'a directory is locked by one alone, and again once it was released',
    (right) => ({ lock: async (directory) => (await right.lock(directory)) ?? (async () => {}) }),
  ],
  [
    'does not let go of a lock',
    'a directory is locked by one alone, and again once it was released',
    (right) => {
      const held = new Set<string>()
      return {
        lock: async (directory) => {
          const release = held.has(directory) ? undefined : await right.lock(directory)
          if (release !== undefined) held.add(directory)
          return release
        },
      }
    },
  ],
  [
    'draws bytes for words',
    'random numbers have 32 bits, and differ',
    (right) => ({ randomU32: () => right.randomU32() % 256 }),
  ],
]

/** The names of the tests that fail. */
async function failing(how: Break): Promise<string[]> {
  const tests = new Map<string, () => Promise<void>>()
  testFileSystem(
    (name, body) => tests.set(name, body),
    async (use) => {
      const right = nodeFileSystem({ writesThrough: false })
      await use({ fileSystem: { ...right, ...how(right) }, directory: await quickDirectory() })
    },
  )
  const failed: string[] = []
  for (const [name, body] of tests) await body().catch(() => failed.push(name))
  return failed
}

test('a right one fails nothing', async () => {
  expect(await failing(() => ({}))).toEqual([])
})

describe('caught: a file system that', () => {
  test.each(BROKEN)('%s', async (_what, caughtBy, how) => {
    expect(await failing(how)).toContain(caughtBy)
  })
})
