// The whole suite over the file storage on a disk in memory, as it is or broken in one place.

import { type PowerPlace, testStorage, testStorageDurability } from '@riverraft/conformance/storage'
import type { Storage } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import { CrashableDisk } from './crashable-disk.js'

/** Wraps each instance. The place is kept from one instance to the next: what a storage has beside its files. */
export type Alter = (storage: Storage, place: Map<string, unknown>) => Storage

export interface Base {
  readonly alter?: Alter
  /** What is done to the disk first. */
  readonly sabotage?: (disk: CrashableDisk) => void
  readonly writesThrough?: boolean
}

function placeOn({ alter = (storage) => storage, sabotage = () => {}, writesThrough }: Base): PowerPlace {
  const disk = new CrashableDisk(writesThrough)
  sabotage(disk)
  const kept = new Map<string, unknown>()
  let fileSystem = disk.fileSystem()
  return {
    storage: () => alter(fileStorage({ directory: '/raft', segmentBytes: 8_192, fileSystem }), kept),
    losePower: async () => {
      disk.losePower()
      fileSystem = disk.fileSystem()
    },
  }
}

export type Case = readonly [name: string, run: () => Promise<void>]

/** Every case of the suite. */
export function casesOver(base: Base, seed: number): Case[] {
  const cases: Case[] = []
  const declare = (name: string, run: () => Promise<void>): number => cases.push([name, run])
  const random = { seed, histories: 5 }
  testStorage(declare, (use) => use(placeOn(base)), { durable: true, ...random })
  testStorageDurability(declare, (use) => use(placeOn(base)), random)
  return cases
}
