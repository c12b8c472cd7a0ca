// A last segment without a whole header: what a crash leaves is passed over, what only damage leaves is refused.
import { readFile, truncate } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { copyOf, edit, flip, segment } from './harness/directory.js'
import { withoutSpares } from './harness/faulty-disk.js'
import {
  batch,
  block,
  everything,
  identity,
  quickDirectory,
  storageIn,
  stored,
  vote,
  written,
} from './harness/helpers.js'

/** Two openings with one batch each; the second segment's header is what the tests are about. */
async function twoOpenings(): Promise<{ directory: string; headerBytes: number }> {
  const directory = await quickDirectory()
  for (const one of [vote(3, 'b'), batch([stored(block(1, 2, 3))])]) {
    const storage = storageIn(directory, { fileSystem: withoutSpares() })
    await storage.open(identity)
    await written(storage, one)
    await storage.close()
  }
  return { directory, headerBytes: (await readFile(segment(directory, 2))).readUInt32LE(8) }
}

const reopened = async (directory: string): Promise<string[]> => {
  const storage = storageIn(directory, { fileSystem: withoutSpares() })
  expect((await storage.open(identity)).hardState).toEqual({ currentTerm: 3, votedFor: 'b' })
  const log = await everything(storage)
  await storage.close()
  return log
}

test('any bit of it that is wrong is damage, though no later batch tells', async () => {
  const { directory, headerBytes } = await twoOpenings()
  for (let at = 0; at < headerBytes; at++) {
    const copy = await copyOf(directory)
    await flip(segment(copy, 2), at, at % 8)
    const opening = storageIn(copy).open(identity)
    await expect(opening, `byte ${at}`).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_STORAGE/),
      message: expect.stringMatching(/0000000000000002\.segment/),
    })
  }
})

test('a beginning of it with zeros behind, or nothing of it, is what a crash leaves', async () => {
  const { directory, headerBytes } = await twoOpenings()
  for (let kept = 0; kept < headerBytes; kept++) {
    const copy = await copyOf(directory)
    if (kept % 2 === 0) await truncate(segment(copy, 2), kept)
    else await edit(segment(copy, 2), (bytes) => void bytes.fill(0, kept))
    expect(await reopened(copy), `${kept} bytes`).toEqual([])
  }
})

test('a header that is longer than a sector may lack any of them', async () => {
  const directory = await quickDirectory()
  const long = { ...identity, clusterId: 'c'.repeat(255), nodeId: 'n'.repeat(255) }
  for (const one of [vote(1), vote(2)]) {
    const storage = storageIn(directory, { fileSystem: withoutSpares() })
    await storage.open(long)
    await written(storage, one)
    await storage.close()
  }
  expect((await readFile(segment(directory, 2))).readUInt32LE(8)).toBeGreaterThan(512)
  for (const from of [0, 512]) {
    const copy = await copyOf(directory)
    await edit(segment(copy, 2), (bytes) => void bytes.fill(0, from, Math.min(from + 512, bytes.length)))
    const storage = storageIn(copy)
    expect((await storage.open(long)).hardState.currentTerm).toBe(1)
    await storage.close()
  }
})

test('a command may hold any record: where the salt is left, another one does not count', async () => {
  const { directory, headerBytes } = await twoOpenings()
  const other = await quickDirectory()
  const foreign = storageIn(other, { fileSystem: withoutSpares() })
  await foreign.open(identity)
  for (let term = 1; term <= 9; term++) await written(foreign, vote(term))
  await foreign.close()
  const records = await readFile(segment(other, 1))
  await edit(segment(directory, 2), (bytes) =>
    Buffer.concat([bytes.subarray(0, headerBytes - 3), Buffer.alloc(512 - headerBytes + 3), records]),
  )
  expect(await reopened(directory)).toEqual([])
})
