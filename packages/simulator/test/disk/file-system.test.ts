// The simulated disk keeps the FileSystem contract of storage-file: calm, and with its calls slow, short and jumbled.
import { testDurability, testFileSystem } from '@riverraft/storage-file/file-system-contract'
import { describe, test } from 'vitest'
import { tapesOf } from '../../src/world/tape.js'
import { emptyTapes, placeOn, testDisk } from './harness.js'

describe.each([true, false])('a calm disk, writes through: %s', (writesThrough) => {
  testFileSystem(
    test,
    placeOn(() => testDisk(emptyTapes(), writesThrough)),
  )
  testDurability(
    test,
    placeOn(() => testDisk(emptyTapes(), writesThrough)),
  )
})

describe.each([1, 2, 3])('a jumbled disk, seed %i', (seed) => {
  const faults = { jitterMs: 20, slowWrite: 0.1, shortWrite: 0.5 }
  testFileSystem(
    test,
    placeOn(() => testDisk(tapesOf(seed, undefined), seed % 2 === 0, faults)),
  )
})
