// The whole suite over the file storage on a disk in memory, as it is or broken in one place.

import {
  type DamagePlace,
  type FailingPlace,
  type PowerPlace,
  testStorage,
  testStorageDamage,
  testStorageDurability,
  testStorageFailures,
} from '@riverraft/conformance/storage'
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

function placeOn({
  alter = (storage) => storage,
  sabotage = () => {},
  writesThrough,
}: Base): PowerPlace & DamagePlace & FailingPlace {
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
    damageSnapshot: async () => {
      const beside = kept.get('snapshot') as { readonly chunks: readonly Uint8Array[] } | undefined
      if (beside !== undefined) flip(beside.chunks[0]!)
      const files = [...disk.names.keys()].filter((name) => name.endsWith('.snap'))
      const newest = files.sort((a, b) => indexIn(a) - indexIn(b)).at(-1)
      if (newest !== undefined) flip(disk.inode(newest).cached)
    },
    failWrites: async () => {
      disk.failing = true
    },
    mend: async () => {
      disk.failing = false
    },
  }
}

function indexIn(path: string): number {
  return Number.parseInt(path.slice(path.lastIndexOf('/') + 1), 10)
}

function flip(bytes: Uint8Array): void {
  bytes[1_000] = bytes[1_000]! ^ 1
}

export type Case = readonly [name: string, run: () => Promise<void>]

/** Every case of the suite. */
export function casesOver(base: Base, seed: number, snapshots = true): Case[] {
  const cases: Case[] = []
  const declare = (name: string, run: () => Promise<void>): number => cases.push([name, run])
  const random = { snapshots, seed, histories: 5 }
  testStorage(declare, (use) => use(placeOn(base)), { durable: true, ...random })
  testStorageDurability(declare, (use) => use(placeOn(base)), random)
  testStorageFailures(declare, (use) => use(placeOn(base)), { snapshots })
  if (snapshots) testStorageDamage(declare, (use) => use(placeOn(base)))
  return cases
}
