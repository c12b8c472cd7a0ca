// One segment after another: prepared ahead when there is time, and never waited for.
import { readdir, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { segment } from './harness/directory.js'
import { FaultyDisk, systemError } from './harness/faulty-disk.js'
import {
  batch,
  block,
  everything,
  identity,
  storageIn,
  stored,
  temporaryDirectory,
  vote,
  written,
} from './harness/helpers.js'

const indexes = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}@1`)

test('a log of many segments is read, truncated and reopened as one', async () => {
  const directory = await temporaryDirectory()
  let storage = storageIn(directory, { segmentBytes: 4096 })
  await storage.open(identity)
  for (let index = 1; index <= 100; index++) await written(storage, batch([stored(block(index, 1, 1, 300))]))
  expect(storage.stats().segments).toBeGreaterThanOrEqual(9)
  expect(await everything(storage)).toEqual(indexes(100))
  await written(storage, batch([stored(block(21, 2, 2))], 21))
  for (let times = 0; times < 2; times++) {
    expect(await everything(storage)).toEqual([...indexes(20), '21@2', '22@2'])
    await storage.close()
    storage = storageIn(directory)
    expect((await storage.open(identity)).runs).toEqual([
      { firstIndex: 1, lastIndex: 20, term: 1 },
      { firstIndex: 21, lastIndex: 22, term: 2 },
    ])
  }
})

test('a prepared segment is as long as it will be, and takes over from the one that grows', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = new FaultyDisk()
  const storage = storageIn(directory, { fileSystem, segmentBytes: 8192 })
  await storage.open(identity)
  await written(storage, vote(1))
  expect((await stat(segment(directory, 1))).size).toBeLessThan(1_000)
  await fileSystem.prepared()
  await written(storage, vote(2))
  expect((await stat(segment(directory, 2))).size).toBe(8192)
  await written(storage, batch([stored(block(1, 5))]))
  expect((await stat(segment(directory, 2))).size).toBe(8192)
  expect(storage.stats()).toMatchObject({ segments: 2, segmentWaits: 0 })
})

test('no append waits for zeros: while they hang, segments grow, and are counted', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = new FaultyDisk()
  let release!: () => void
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  fileSystem.gate = ({ kind, name }) => (kind === 'write' && name === 'spare.tmp' ? held : undefined)
  const storage = storageIn(directory, { fileSystem, segmentBytes: 4096 })
  await storage.open(identity)
  for (let index = 1; index <= 30; index++) await written(storage, batch([stored(block(index, 1, 1, 300))]))
  const { segments, segmentWaits } = storage.stats()
  // The one that the opening began with was never waited for.
  expect(segmentWaits).toBe(segments - 1)
  expect(segments).toBeGreaterThan(2)
  release()
  await fileSystem.prepared()
  await written(storage, batch([stored(block(31, 1, 1))]))
  expect(storage.stats()).toMatchObject({ segments: segments + 1, segmentWaits })
  expect(await everything(storage)).toEqual(indexes(31))
})

test('behind a prepared segment zeros are only written as it fills', async () => {
  const fileSystem = new FaultyDisk()
  const storage = storageIn(await temporaryDirectory(), { fileSystem, segmentBytes: 8 * 1024 * 1024 })
  await storage.open(identity)
  await written(storage, vote(1))
  await fileSystem.prepared()
  const slices = (): number => fileSystem.trace.filter((line) => line === 'write spare.tmp done').length
  expect(slices()).toBe(8)
  // The first one for the segment that is prepared already, as it begins, and six more for three MiB.
  await written(storage, vote(2))
  await fileSystem.until('sync spare.tmp done', 10)
  await written(storage, vote(3))
  expect(slices()).toBe(10)
  await written(storage, batch([stored(block(1, 1, 1, 3 * 1024 * 1024))]))
  await fileSystem.until('sync spare.tmp done', 16)
})

test('a disk without room for zeros may still have room for the log', async () => {
  const directory = await temporaryDirectory()
  const fileSystem = new FaultyDisk()
  fileSystem.judge = ({ kind, name }) =>
    kind === 'write' && name === 'spare.tmp' ? systemError('ENOSPC') : undefined
  const storage = storageIn(directory, { fileSystem, segmentBytes: 4096 })
  await storage.open(identity)
  for (let index = 1; index <= 30; index++) await written(storage, batch([stored(block(index, 1, 1, 300))]))
  expect(await everything(storage)).toEqual(indexes(30))
  expect(await readdir(directory)).not.toContain('spare.tmp')
  fileSystem.judge = () => undefined
  for (let index = 31; index <= 45; index++) await written(storage, batch([stored(block(index, 1, 1, 300))]))
  await fileSystem.prepared()
})

test('a batch larger than a segment gets one to itself', async () => {
  const directory = await temporaryDirectory()
  let storage = storageIn(directory, { segmentBytes: 4096 })
  await storage.open(identity)
  await written(storage, vote(1), batch([stored(block(1, 20, 1, 1_000)), stored(block(21, 20, 1, 1_000))]))
  await written(storage, batch([stored(block(41, 1))]))
  await storage.close()
  storage = storageIn(directory)
  await storage.open(identity)
  expect(await everything(storage)).toEqual(indexes(41))
})

test('the name of a segment is durable before its first batch is acknowledged', async () => {
  const fileSystem = new FaultyDisk()
  const storage = storageIn(await temporaryDirectory(), { fileSystem, segmentBytes: 4096 })
  await storage.open(identity)
  fileSystem.trace.length = 0
  await written(storage, vote(1))
  const log = fileSystem.trace.filter((line) => !line.includes('spare'))
  expect(log.slice(0, 5)).toEqual([
    'open 0000000000000001.segment',
    'open 0000000000000001.segment done',
    'syncDirectory .',
    'syncDirectory . done',
    'write 0000000000000001.segment',
  ])
  await fileSystem.prepared()
  fileSystem.trace.length = 0
  await written(storage, vote(2))
  expect(fileSystem.trace.slice(0, 3)).toEqual([
    'rename 0000000000000002.segment',
    'rename 0000000000000002.segment done',
    'open 0000000000000002.segment',
  ])
  const synced = fileSystem.trace.indexOf('syncDirectory . done')
  expect(synced).toBeGreaterThan(0)
  expect(fileSystem.trace.indexOf('write 0000000000000002.segment')).toBeGreaterThan(synced)
})
