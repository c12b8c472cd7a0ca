// The format is frozen: what this version writes, every later one reads, and this one writes it so, byte by byte.
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyOf } from './harness/directory.js'
import { withoutSpares } from './harness/faulty-disk.js'
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

const dataFiles = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => !name.startsWith('lock-')).sort()

test('what this version writes is what it wrote when the format was fixed', async () => {
  const directory = await writeGolden()
  if (RIVERRAFT_REWRITE_GOLDEN !== undefined) {
    await mkdir(GOLDEN, { recursive: true })
    for (const name of await dataFiles(directory)) await cp(`${directory}/${name}`, `${GOLDEN}/${name}`)
  }
  expect(await dataFiles(directory)).toEqual(await dataFiles(GOLDEN))
  for (const name of await dataFiles(GOLDEN)) {
    expect((await readFile(`${directory}/${name}`)).toString('hex'), name).toBe(
      (await readFile(`${GOLDEN}/${name}`)).toString('hex'),
    )
  }
})

test('a directory of version 1 is opened, and goes on', async () => {
  const directory = await copyOf(GOLDEN)
  const storage = storageIn(directory)
  expect(await storage.open(identity)).toEqual({
    formatted: false,
    incarnation: identity.incarnation,
    members,
    hardState: { currentTerm: 2, votedFor: undefined },
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
