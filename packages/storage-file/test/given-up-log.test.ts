// A log that its newest snapshot does not continue is given up: what compaction does to it meanwhile, a crash must not show.
import { expect, test } from 'vitest'
import type { FileStorage } from '../src/index.js'
import { withoutSpares } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  everything,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  vote,
  written,
} from './harness/helpers.js'

const opened = async (directory: string): Promise<FileStorage> => {
  const storage = storageIn(directory, { fileSystem: withoutSpares(), segmentBytes: 4096 })
  await storage.open(identity)
  return storage
}

/** Six segments of two entries of term 1; then a leader's snapshot of another history, ending within the first ones. */
async function givenUp(directory: string): Promise<void> {
  const storage = await opened(directory)
  await written(storage, vote(1))
  for (let index = 1; index <= 12; index++) {
    await written(storage, batch([stored(block(index, 1, 1, 1_800))]))
  }
  await storage.saveSnapshot(metadata(4, 2), content('state'))
  await storage.close()
}

test('compacted after an opening gave it up, it can be opened again', async () => {
  const directory = await quickDirectory()
  await givenUp(directory)
  let storage = await opened(directory)
  await storage.compact(4)
  await storage.close()
  storage = await opened(directory)
  await written(storage, batch([stored(block(5, 1, 2))]))
  await storage.compact(4)
  expect(storage.stats().segments).toBe(1)
  await storage.close()
  storage = await opened(directory)
  expect(await everything(storage, 5)).toEqual(['5@2'])
})

test('cut while compaction takes the segment of the cut, it can be opened again', async () => {
  const directory = await quickDirectory()
  const disk = withoutSpares()
  let storage = storageIn(directory, { fileSystem: disk, segmentBytes: 4096 })
  await storage.open(identity)
  await written(storage, vote(1))
  for (let index = 1; index <= 6; index++) {
    await written(storage, batch([stored(block(index, 1, 1, 1_800))]))
  }
  await storage.saveSnapshot(metadata(4, 2), content('state'))
  let release!: () => void
  disk.gate = ({ kind }) => {
    if (kind !== 'write') return
    disk.gate = () => undefined
    return new Promise<void>((resolve) => {
      release = resolve
    })
  }
  const cut = written(storage, { ...vote(2), truncateFrom: 3 })
  await storage.compact(4)
  release()
  await cut
  // The next segment says where it goes on from.
  const { segments } = storage.stats()
  for (let term = 3; storage.stats().segments === segments; term++) await written(storage, vote(term))
  await storage.close()
  storage = await opened(directory)
  await written(storage, batch([stored(block(5, 1, 1_000))]))
  expect(await everything(storage, 5)).toEqual(['5@1000'])
})
