// The contract's part about lost power proves itself: each of these disks breaks one promise, and is caught at that.
import type { FileSystem } from '@riverraft/storage-file'
import { testDurability } from '@riverraft/storage-file/file-system-contract'
import { expect, test } from 'vitest'
import { emptyTapes, placeOn, type TestDisk, testDisk } from './harness.js'

/** What a broken one does otherwise; the rest is right. */
type Break = (right: FileSystem) => Partial<FileSystem>

const BROKEN: readonly [what: string, caughtBy: string, how: Break][] = [
  [
    'says that it has synced, and has not',
    'what was synced is there, with its length',
    () => ({ sync: (_file, done) => done() }),
  ],
  [
    'takes a file for a log that is none',
    'a write to a log is there when writes go through, and after a sync in any case',
    (right) => ({
      open: (path, mode) =>
        right.open(path, mode === 'log' ? 'write' : mode === 'create-log' ? 'create' : mode),
    }),
  ],
  [
    'does not sync directories',
    'names are as they were when their directory was synced',
    () => ({ syncDirectory: async () => {} }),
  ],
]

async function failing(how: Break): Promise<string[]> {
  const tests = new Map<string, () => Promise<void>>()
  const newDisk = (): TestDisk => {
    const right = testDisk(emptyTapes(), true)
    return { ...right, boot: () => broken(right.boot(), how) }
  }
  testDurability((name, body) => tests.set(name, body), placeOn(newDisk))
  const failed: string[] = []
  for (const [name, body] of tests) await body().catch(() => failed.push(name))
  return failed
}

function broken(right: FileSystem, how: Break): FileSystem {
  const other = how(right)
  return new Proxy(right, {
    get: (_, key) => {
      const value = Reflect.get(key in other ? other : right, key)
      return typeof value === 'function' && !(key in other) ? value.bind(right) : value
    },
  })
}

test('a right one fails nothing', async () => {
  expect(await failing(() => ({}))).toEqual([])
})

test.each(BROKEN)('caught: a disk that %s', async (_what, caughtBy, how) => {
  expect(await failing(how)).toContain(caughtBy)
})
