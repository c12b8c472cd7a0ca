// The file storage keeps the Storage port's contract on the simulated disk, through losses of power.
import {
  type PowerPlace,
  testStorage,
  testStorageDurability,
  type WithPlace,
} from '@riverraft/conformance/storage'
import { fileStorage } from '@riverraft/storage-file'
import { describe, test } from 'vitest'
import { tapesOf } from '../../src/world/tape.js'
import { emptyTapes, inWorld, type TestDisk, testDisk } from './harness.js'

/** A place on a disk of its own, in virtual time. */
function placeOn(newDisk: () => TestDisk): WithPlace<PowerPlace> {
  return (use) => {
    const { world, boot, losePower } = newDisk()
    return inWorld(world, () => {
      let fileSystem = boot()
      return use({
        storage: () => fileStorage({ directory: '/raft', segmentBytes: 8_192, fileSystem }),
        losePower: async () => {
          losePower()
          fileSystem = boot()
        },
      })
    })
  }
}

const random = { seed: 1, histories: 8 }

describe.each([true, false])('a calm disk, writes through: %s', (writesThrough) => {
  testStorageDurability(
    test,
    placeOn(() => testDisk(emptyTapes(), writesThrough)),
    random,
  )
})

describe.each([1, 2])('a jumbled disk, seed %i', (seed) => {
  const faults = { jitterMs: 20, slowWrite: 0.1, shortWrite: 0.5 }
  const place = placeOn(() => testDisk(tapesOf(seed, undefined), seed % 2 === 0, faults))
  testStorage(test, place, { durable: true, ...random })
  testStorageDurability(test, place, random)
})
