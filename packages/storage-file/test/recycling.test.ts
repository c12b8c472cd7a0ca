// Old segments become new ones: without zeros being written again, and without anything old coming back.
import { link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FileStorage } from '../src/index.js'
import { contentsOf, copyOf, edit, segment } from './harness/directory.js'
import { FaultyDisk, systemError, withoutSpares } from './harness/faulty-disk.js'
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
  write,
  written,
} from './harness/helpers.js'

const SEGMENT_BYTES = 8192
let directory: string
let disk: FaultyDisk
let storage: FileStorage
let last: number
let prepares: boolean

/** One entry per batch; four batches to a segment. */
async function append(count: number, padding = 1_800): Promise<void> {
  for (let left = count; left > 0; left--) {
    await written(storage, batch([stored(block(++last, 1, 1, padding))]))
    // Memory is quicker than any disk: there, the next one would mostly be needed before it is ready.
    while (prepares && storage.stats().spareSegments === 0) await new Promise(setImmediate)
  }
}

async function compact(through = last): Promise<void> {
  await storage.saveSnapshot(metadata(through), content('state'))
  await storage.compact(through)
}

const spares = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.spare')).sort()

const opened = async (at = directory, fileSystem = new FaultyDisk()): Promise<FileStorage> => {
  const one = storageIn(at, { fileSystem, segmentBytes: SEGMENT_BYTES })
  await one.open(identity)
  return one
}

beforeEach(async () => {
  directory = await quickDirectory()
  disk = new FaultyDisk()
  prepares = true
  last = 0
  storage = await opened(directory, disk)
  await written(storage, vote(1))
  await disk.prepared()
})
afterEach(() => storage.close())

/** A log whose newest segment is a recycled one; returns its sequence number, and what its file held before. */
async function inRecycled(): Promise<{ sequence: number; before: Buffer }> {
  await append(40)
  await compact()
  await storage.close()
  for (const name of await spares()) {
    const { length } = (await readFile(`${directory}/${name}`)).filter((byte) => byte !== 0)
    if (length === 0) await rm(`${directory}/${name}`)
  }
  const before = await readFile(`${directory}/${(await spares())[0]}`)
  storage = await opened(directory, withoutSpares())
  prepares = false
  await append(3)
  const sequence = Number(
    (await readdir(directory))
      .filter((name) => name.endsWith('.segment'))
      .at(-1)!
      .slice(0, 16),
  )
  expect((await stat(segment(directory, sequence))).size).toBe(SEGMENT_BYTES)
  await storage.close()
  return { sequence, before }
}

describe('what compaction gives back', () => {
  test('is used for the next segments, and no more zeros are written', async () => {
    await append(24)
    await compact()
    await storage.close()
    disk = new FaultyDisk()
    storage = await opened(directory, disk)
    const ready = storage.stats().spareSegments
    expect(ready).toBeGreaterThan(2)
    await append(4 * (ready - 1))
    expect(storage.stats()).toMatchObject({ segments: ready, segmentWaits: 0, spareSegments: 1 })
    expect(disk.trace.filter((line) => line.startsWith('write spare.tmp'))).toEqual([])
  })

  test('goes round: a log that is compacted as it grows stays with the files that it has', async () => {
    await append(20)
    await compact()
    const inodes = new Set<number>()
    for (let round = 0; round < 10; round++) {
      await append(4)
      await compact()
      for (const name of await readdir(directory))
        if (/segment|spare$/.test(name)) inodes.add((await stat(`${directory}/${name}`)).ino)
    }
    expect(inodes.size).toBeLessThanOrEqual(10)
    expect(storage.stats().segmentWaits).toBe(0)
  })

  test('is kept up to eight', async () => {
    await append(80)
    await compact()
    await storage.close()
    expect(await spares()).toHaveLength(8)
    storage = await opened()
    expect(storage.stats().spareSegments).toBe(8)
  })

  test('is erased where the header was, durably, before it can be used; its old name is gone before that', async () => {
    await append(16)
    await storage.saveSnapshot(metadata(12), content('state'))
    disk.trace.length = 0
    await storage.compact(12)
    await storage.close()
    const spare = (await spares()).at(-1)
    const steps = [`rename ${spare} done`, 'syncDirectory . done', `write ${spare}`, `sync ${spare} done`]
    let at = -1
    for (const step of steps) {
      at = disk.trace.indexOf(step, at + 1)
      expect(at, step).toBeGreaterThanOrEqual(0)
    }
    expect(disk.trace.filter((line) => line === `write ${spare}`)).toHaveLength(1)
    const bytes = await readFile(`${directory}/${spare}`)
    expect(bytes.subarray(0, 4096).every((byte) => byte === 0)).toBe(true)
    expect(bytes.subarray(4096).some((byte) => byte !== 0)).toBe(true)
  })

  test('is not used when erasing it fails, and nobody is disturbed', async () => {
    await append(16)
    disk.judge = ({ kind, name }) =>
      kind === 'sync' && name.endsWith('.spare')
        ? Object.assign(new Error('EIO'), { code: 'EIO' })
        : undefined
    await compact()
    await append(8)
    await storage.close()
    // The one that was filled with zeros.
    expect(await spares()).toHaveLength(1)
  })
})

describe('on opening, a spare', () => {
  test('that is too long is removed', async () => {
    await append(24)
    await compact()
    await storage.close()
    const other = storageIn(directory, { segmentBytes: SEGMENT_BYTES / 2 })
    await other.open(identity)
    expect(other.stats().spareSegments).toBe(0)
    expect(await spares()).toEqual([])
  })

  test('that has a header still is only unlinked: it may be another name of a segment', async () => {
    await append(6)
    await storage.close()
    const name = `${directory}/0000000000000099.spare`
    await link(segment(directory, 2), name)
    storage = await opened()
    expect(await spares()).not.toContain('0000000000000099.spare')
    expect(await everything(storage)).toHaveLength(6)
  })

  test('between its renaming and its erasure is removed, and nothing is lost', async () => {
    await append(9)
    await storage.saveSnapshot(metadata(9), content('state'))
    await storage.close()
    await rename(segment(directory, 1), `${directory}/0000000000000098.spare`)
    storage = await opened()
    expect(await spares()).not.toContain('0000000000000098.spare')
    expect((await everything(storage, 9)).at(-1)).toBe('9@1')
  })
})

test('what a storage that was formatted anew finds of spares is removed: its batches have other numbers', async () => {
  await append(40)
  await compact()
  await storage.close()
  for (const name of await readdir(directory))
    if (!name.endsWith('.spare') && !name.startsWith('lock-')) await rm(`${directory}/${name}`)
  // Those that were filled with zeros would be used first.
  for (const name of await spares())
    if ((await readFile(`${directory}/${name}`)).every((byte) => byte === 0)) await rm(`${directory}/${name}`)
  disk = withoutSpares()
  storage = await opened(directory, disk)
  disk.judge = ({ kind, name }) =>
    kind === 'write' && name.endsWith('.segment') ? systemError('EIO') : undefined
  expect(await write(storage, vote(1))).toMatchObject({ code: 'ERR_STORAGE' })
  await storage.close()
  storage = await opened()
  expect(await everything(storage)).toEqual([])
})

describe('in a recycled segment', () => {
  test('a batch that is cut at any byte, the old content behind it, is gone, and nothing else', async () => {
    const { sequence, before } = await inRecycled()
    const whole = await readFile(segment(directory, sequence))
    const firstDifference = whole.findLastIndex((byte, at) => byte !== before[at])
    // Cut within the last batch, and a little before.
    const seen = new Set<string>()
    for (let cut = firstDifference - 2_000; cut <= firstDifference; cut += 7) {
      const copy = await copyOf(directory)
      await writeFile(segment(copy, sequence), Buffer.concat([whole.subarray(0, cut), before.subarray(cut)]))
      const one = await opened(copy, withoutSpares()).catch((error) => error as Error)
      // Cut before the batch's beginning it is the one before that is torn: it is acknowledged, and yet the last.
      if (one instanceof Error) throw one
      const found = await everything(one, last - 2)
      seen.add(found.join())
      expect(['43@1', '42@1', '41@1']).toContain(found.at(-1))
      await written(one, vote(9, 'b'))
      await one.close()
      const again = await opened(copy, withoutSpares())
      expect(await everything(again, last - 2)).toEqual(found)
      await again.close()
    }
    expect(seen.size).toBe(2)
  })

  test('of which nothing was written yet, there is nothing to be refused or found', async () => {
    const { sequence, before } = await inRecycled()
    await writeFile(segment(directory, sequence), before)
    storage = await opened(directory, withoutSpares())
    expect(await storage.read(last - 2, 1)).toEqual([])
    await written(storage, batch([stored(block(41, 1, 2))]))
    await storage.close()
    storage = await opened()
    expect((await everything(storage, 40)).at(-1)).toBe('41@2')
  })

  test('an old header that came back is damage', async () => {
    const { sequence } = await inRecycled()
    const old = await readFile(segment(directory, sequence - 1))
    await edit(segment(directory, sequence), (bytes) => void old.copy(bytes, 0, 0, 512))
    const contents = await contentsOf(directory)
    await expect(opened()).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
    expect(await contentsOf(directory)).toEqual(contents)
  })

  test('damage before a later batch is found among all the old records', async () => {
    const { sequence } = await inRecycled()
    await edit(segment(directory, sequence), (bytes) => void bytes.fill(0, 2_500, 2_600))
    await expect(opened()).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringMatching(/a record of a later batch stands at byte/),
    })
  })

  test('a lost header before a later batch is found, whatever old salts there are', async () => {
    const { sequence } = await inRecycled()
    await edit(segment(directory, sequence), (bytes) => void bytes.fill(0, 0, 512))
    await expect(opened()).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringMatching(/a record of a later batch stands at byte/),
    })
  })

  test('even with one salt for all, the numbers and the chain keep old records dead', async () => {
    await storage.close()
    prepares = false
    for (let round = 0; round < 12; round++) {
      disk = withoutSpares()
      disk.randomU32 = () => 0x5a5a5a5a
      storage = await opened(directory, disk)
      expect((await everything(storage, Math.max(1, last))).at(-1)).toBe(last === 0 ? undefined : `${last}@1`)
      // The same lengths again and again: an old record stands right behind each new one.
      await append(1 + (round % 4))
      if (round % 3 === 2) await compact()
      await storage.close()
    }
  })

  test('a reader that was held up until its segment is another one gets nothing, and no error', async () => {
    await append(12)
    await storage.saveSnapshot(metadata(12), content('state'))
    const read = disk.read.bind(disk)
    let release!: () => void
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    disk.read = async (...args) => {
      disk.read = read
      await held
      return read(...args)
    }
    const reading = storage.read(5, 100)
    await storage.compact(12)
    await append(12)
    release()
    expect(await reading).toEqual([])
    expect((await everything(storage, 13)).at(-1)).toBe('24@1')
  })

  test('a reader that was under way gets what was there, or nothing', async () => {
    await append(40)
    await storage.saveSnapshot(metadata(36), content('state'))
    const readings = Array.from({ length: 30 }, (_, i) => storage.read(1 + i, 3_000))
    const compacting = storage.compact(36)
    await append(20)
    await compacting
    const { segmentWaits } = storage.stats()
    for (const [i, reading] of readings.entries()) {
      const found = await reading
      if (found.length > 0) expect(found[0]!.firstIndex).toBe(1 + i)
    }
    expect(segmentWaits).toBe(0)
    expect((await everything(storage, 37)).slice(-1)).toEqual(['60@1'])
  })
})

test('many openings cost no more room than what they write', async () => {
  await storage.close()
  prepares = false
  for (let term = 2; term <= 21; term++) {
    storage = await opened()
    await written(storage, vote(term))
    await storage.close()
  }
  const names = (await readdir(directory)).filter((name) => name.endsWith('.segment'))
  expect(names).toHaveLength(21)
  for (const name of names.slice(0, -1)) expect((await stat(`${directory}/${name}`)).size).toBeLessThan(400)
})
