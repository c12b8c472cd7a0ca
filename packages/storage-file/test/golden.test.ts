// The format is frozen: what this version writes, every later one reads, and this one writes it so, byte by byte.
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyOf, segment } from './harness/directory.js'
import { FaultyDisk, withoutSpares } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  contentOf,
  everything,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  vote,
  written,
} from './harness/helpers.js'

const { RIVERRAFT_REWRITE_GOLDEN } = process.env
const GOLDEN = join(import.meta.dirname, 'golden', 'v1')
const RECYCLED = join(import.meta.dirname, 'golden', 'v1-recycled')
const members = [
  { id: 'a', address: '10.0.0.1:7000', role: 'voter' },
  { id: 'bé', address: '', role: 'voter' },
] as const

/** Votes, entries in two blocks, a truncation inside a block and a snapshot, in three openings. */
async function writeGolden(): Promise<string> {
  const directory = await quickDirectory()
  const fileSystem = withoutSpares()
  let salt = 0xfeed0000
  fileSystem.randomU32 = () => salt++
  for (const batches of [
    [vote(1, 'bé'), batch([stored(block(1, 3)), stored(block(4, 2))])],
    [{ ...batch([stored(block(5, 3, 2))], 5), hardState: { currentTerm: 2, votedFor: undefined } }],
    [batch([stored(block(6, 4, 2), 8)])],
  ]) {
    const storage = storageIn(directory, { fileSystem, segmentBytes: 4096 })
    await storage.open({ ...identity, members })
    await written(storage, ...batches)
    if (batches.length === 2) await storage.saveSnapshot({ ...metadata(2), members }, content('sta', 'te'))
    await storage.close()
  }
  return directory
}

/** Four segments, three of them compacted; the fifth is one of these, with a short batch before what it held. */
async function writeRecycled(): Promise<string> {
  const directory = await quickDirectory()
  const fileSystem = new FaultyDisk()
  let salt = 0xfeed1000
  fileSystem.randomU32 = () => salt++
  const storage = storageIn(directory, { fileSystem, segmentBytes: 8192 })
  await storage.open(identity)
  await written(storage, vote(1, 'bé'))
  for (let index = 1; index <= 12; index++) {
    await fileSystem.prepared(1 + Math.floor((index - 1) / 4))
    await written(storage, batch([stored(block(index, 1, 1, 1_880))]))
  }
  await fileSystem.prepared(4)
  await storage.saveSnapshot(metadata(10), content('state'))
  await storage.compact(10)
  await storage.close()
  // What was filled with zeros, and the first segment, which held nothing but the vote.
  for (const number of [4, 5]) await rm(`${directory}/000000000000000${number}.spare`)
  const later = withoutSpares()
  later.randomU32 = fileSystem.randomU32
  const again = storageIn(directory, { fileSystem: later, segmentBytes: 8192 })
  await again.open(identity)
  await written(again, { ...batch([stored(block(13, 1, 2))]), hardState: { currentTerm: 2, votedFor: 'a' } })
  await again.close()
  return directory
}

const dataFiles = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => !name.startsWith('lock-')).sort()

test.each([
  ['three openings', GOLDEN, writeGolden],
  ['recycled segments', RECYCLED, writeRecycled],
])('%s: what this version writes is what it wrote when the format was fixed', async (_, golden, write) => {
  const directory = await write()
  if (RIVERRAFT_REWRITE_GOLDEN !== undefined) {
    await mkdir(golden, { recursive: true })
    for (const name of await dataFiles(directory)) await cp(`${directory}/${name}`, `${golden}/${name}`)
  }
  expect(await dataFiles(directory)).toEqual(await dataFiles(golden))
  for (const name of await dataFiles(golden)) {
    expect((await readFile(`${directory}/${name}`)).toString('hex'), name).toBe(
      (await readFile(`${golden}/${name}`)).toString('hex'),
    )
  }
})

test('a directory of version 1 with recycled segments is opened, and goes on', async () => {
  const directory = await copyOf(RECYCLED)
  const bytes = await readFile(segment(directory, 5))
  // Behind its records stand those of an earlier segment.
  expect(bytes.subarray(5_000, 6_000).some((byte) => byte !== 0)).toBe(true)
  const storage = storageIn(directory, { segmentBytes: 8192 })
  expect(await storage.open(identity)).toMatchObject({
    hardState: { currentTerm: 2, votedFor: 'a' },
    runs: [
      { firstIndex: 9, lastIndex: 12, term: 1 },
      { firstIndex: 13, lastIndex: 13, term: 2 },
    ],
    snapshot: metadata(10),
  })
  expect(storage.stats().spareSegments).toBe(1)
  expect(await everything(storage, 9)).toEqual(['9@1', '10@1', '11@1', '12@1', '13@2'])
  await written(storage, vote(3, 'a'))
})

test('a directory of version 1 is opened, and goes on', async () => {
  const directory = await copyOf(GOLDEN)
  const storage = storageIn(directory)
  expect(await storage.open(identity)).toEqual({
    formatted: false,
    incarnation: identity.incarnation,
    members,
    hardState: { currentTerm: 2, votedFor: undefined },
    generation: 0,
    runs: [
      { firstIndex: 1, lastIndex: 4, term: 1 },
      { firstIndex: 5, lastIndex: 9, term: 2 },
    ],
    memberships: [],
    snapshot: { ...metadata(2), members },
    lastTimestamp: 1_006,
  })
  expect(await everything(storage)).toEqual(['1@1', '2@1', '3@1', '4@1', '5@2', '6@2', '7@2', '8@2', '9@2'])
  expect(await contentOf(storage)).toBe('state')
  await written(storage, vote(3, 'a'))
})
