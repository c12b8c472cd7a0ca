// A reader is held up while compaction takes the segment that it reads, and that becomes another one.
import { expect, test } from 'vitest'
import type { FileStorage } from '../src/index.js'
import { FaultyDisk } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  text,
  vote,
  written,
} from './harness/helpers.js'

/** Two entries of term 1 to a segment, up to 8. */
async function begun(disk: FaultyDisk): Promise<FileStorage> {
  const storage = storageIn(await quickDirectory(), { fileSystem: disk, segmentBytes: 4096 })
  await storage.open(identity)
  await written(storage, vote(1))
  for (let index = 1; index <= 8; index++) {
    await written(storage, batch([stored(block(index, 1, 1, 1_800))]))
  }
  return storage
}

/** Reads entry 7, of which nothing is read before `meanwhile` is over. */
async function heldUp(
  disk: FaultyDisk,
  storage: FileStorage,
  call: 'open' | 'read',
  meanwhile: () => Promise<void>,
): Promise<string[]> {
  let release!: () => void
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  if (call === 'open') {
    disk.gate = ({ kind, mode }) => {
      if (kind !== 'open' || mode !== 'read') return
      disk.gate = () => undefined
      return held
    }
  } else {
    const read = disk.read.bind(disk)
    disk.read = async (...args) => {
      disk.read = read
      await held
      return read(...args)
    }
  }
  const reading = storage.read(7, 100)
  await meanwhile()
  release()
  return text(await reading)
}

test.each(['open', 'read'] as const)(
  'in place of entries that a truncation removed it gets those that are there now: held up in %s',
  async (call) => {
    const disk = new FaultyDisk()
    const storage = await begun(disk)
    const found = await heldUp(disk, storage, call, async () => {
      await written(storage, batch([stored(block(3, 1, 2, 1_800))], 3))
      for (let index = 4; index <= 6; index++) {
        await written(storage, batch([stored(block(index, 1, 2, 1_800))]))
      }
      await storage.saveSnapshot(metadata(3, 2), content('state'))
      await storage.compact(3)
      for (let index = 7; index <= 30; index++) {
        await written(storage, batch([stored(block(index, 1, 2, 1_800))]))
      }
    })
    expect(found).toEqual(['7@2'])
  },
)

test.each(['open', 'read'] as const)(
  'in place of a log that restarted behind a snapshot it gets the new one: held up in %s',
  async (call) => {
    const disk = new FaultyDisk()
    const storage = await begun(disk)
    const found = await heldUp(disk, storage, call, async () => {
      await storage.saveSnapshot(metadata(4, 2), content('state'))
      const first = batch([stored(block(5, 1, 2, 1_800))])
      await written(storage, { ...first, restartBehind: { index: 4, term: 2 } })
      await written(storage, batch([stored(block(6, 1, 2, 1_800))]))
      await storage.compact(4)
      for (let index = 7; index <= 30; index++) {
        await written(storage, batch([stored(block(index, 1, 2, 1_800))]))
      }
    })
    expect(found).toEqual(['7@2'])
  },
)
