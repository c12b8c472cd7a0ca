// What a crash may leave behind is cut; what was acknowledged and is damaged is refused. Nothing in between.
import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Storage } from '@riverraft/core'
import { describe, expect, test } from 'vitest'
import { contentsOf, copyOf, edit, flip, segment, usedBytes } from './harness/directory.js'
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

/** Three batches in one segment: 1-2, then 3-4 with a vote, then 5-7 in two blocks. */
async function threeBatches(): Promise<{ directory: string; ends: number[] }> {
  const directory = await quickDirectory()
  const storage = storageIn(directory, { fileSystem: withoutSpares() })
  await storage.open(identity)
  const ends: number[] = []
  for (const one of [
    batch([stored(block(1, 2))]),
    { ...batch([stored(block(3, 2, 2))]), hardState: { currentTerm: 2, votedFor: 'b' } },
    batch([stored(block(5, 1, 2)), stored(block(6, 2, 2))]),
  ]) {
    await written(storage, one)
    ends.push(usedBytes(await readFile(segment(directory, 1))))
  }
  await storage.close()
  return { directory, ends }
}

async function reopen(directory: string): Promise<{ log: string[]; storage: Storage }> {
  const storage = storageIn(directory, { fileSystem: withoutSpares() })
  const state = await storage.open(identity)
  const log = await everything(storage)
  expect(state.runs.at(-1)?.lastIndex ?? 0).toBe(log.length)
  return { log, storage }
}

/** Opening is refused with file and place, and the directory is as it was. */
async function refused(directory: string, file: string, offset?: number | RegExp): Promise<void> {
  const before = await contentsOf(directory)
  const opening = storageIn(directory).open(identity)
  const place = offset === undefined ? '' : ` at byte ${offset instanceof RegExp ? offset.source : offset}:`
  await expect(opening).rejects.toMatchObject({
    code: 'ERR_STORAGE_CORRUPT',
    message: expect.stringMatching(new RegExp(`${file}${place}.*Nothing was changed`)),
  })
  expect(await contentsOf(directory)).toEqual(before)
}

const ALL = ['1@1', '2@1', '3@2', '4@2', '5@2', '6@2', '7@2']

describe('a torn last batch', () => {
  test('cut off at any byte, it is gone as a whole, and everything acknowledged before is there', async () => {
    const { directory, ends } = await threeBatches()
    const path = segment(directory, 1)
    const whole = await readFile(path)
    for (let length = ends[1]!; length <= ends[2]!; length++) {
      const copy = await copyOf(directory)
      // Half of the times the file ends there, else what was prepared follows.
      if (length % 2 === 0) await truncate(segment(copy, 1), length)
      else
        await writeFile(
          segment(copy, 1),
          Buffer.concat([whole.subarray(0, length), Buffer.alloc(4096 - length)]),
        )
      const { log, storage } = await reopen(copy)
      expect(log, `${length} bytes`).toEqual(length < ends[2]! ? ALL.slice(0, 4) : ALL)
      await storage.close()
    }
  })

  test('with any one byte changed, the same: a later record of the same batch does not save the first', async () => {
    const { directory, ends } = await threeBatches()
    for (let at = ends[1]!; at < ends[2]!; at++) {
      const copy = await copyOf(directory)
      await flip(segment(copy, 1), at, 6)
      const { log, storage } = await reopen(copy)
      expect(log, `byte ${at}`).toEqual(ALL.slice(0, 4))
      await storage.close()
    }
  })

  test('the first batch of a segment may be torn together with the header', async () => {
    const { directory, ends } = await threeBatches()
    const before = storageIn(directory, { fileSystem: withoutSpares() })
    await before.open(identity)
    await written(before, batch([stored(block(8, 3, 3))]))
    await before.close()
    const length = usedBytes(await readFile(segment(directory, 2)))
    for (const kept of [0, 1, 15, 16, 60, 100, length - 200, length - 1]) {
      const copy = await copyOf(directory)
      await truncate(segment(copy, 2), kept)
      const { log, storage } = await reopen(copy)
      expect(log, `${kept} bytes of ${length}, first segment ${ends[2]}`).toEqual(ALL)
      await written(storage, batch([stored(block(8, 1, 4))]))
      await storage.close()
      expect((await reopen(copy)).log).toEqual([...ALL, '8@4'])
    }
  })

  test('what is appended after it survives the next openings, and the torn bytes do not come back', async () => {
    const { directory, ends } = await threeBatches()
    await edit(segment(directory, 1), (bytes) => void bytes.fill(0, ends[1]! + 20, ends[1]! + 40))
    for (let round = 0; round < 3; round++) {
      const { log, storage } = await reopen(directory)
      expect(log).toEqual([...ALL.slice(0, 4), ...['5@5', '6@5', '7@5'].slice(0, round)])
      await written(storage, batch([stored(block(5 + round, 1, 5))]))
      await storage.close()
    }
  })

  test('whole records behind a torn one never come back, wherever appending goes on', async () => {
    const { directory, ends } = await threeBatches()
    const path = segment(directory, 1)
    const original = await readFile(path)
    // The first record of the last batch is torn, the second one is whole.
    await edit(path, (bytes) => void bytes.fill(0, ends[1]!, ends[1]! + 8))
    const { log, storage } = await reopen(directory)
    expect(log).toEqual(ALL.slice(0, 4))
    await written(storage, vote(9, 'c'))
    await storage.close()
    // Even when the disk makes up its mind, and the old sector appears after all.
    await writeFile(path, original)
    const again = storageIn(directory)
    const state = await again.open(identity)
    expect(state.hardState).toEqual({ currentTerm: 9, votedFor: 'c' })
    expect(await everything(again)).toEqual(ALL.slice(0, 4))
  })
})

test('a record of another storage inside a torn command is cut with it, whatever its number', async () => {
  const { directory, ends } = await threeBatches()
  const other = await quickDirectory()
  const foreign = storageIn(other, { fileSystem: withoutSpares() })
  await foreign.open(identity)
  for (let term = 1; term <= 9; term++) await written(foreign, vote(term))
  await foreign.close()
  const path = segment(directory, 1)
  const records = await readFile(segment(other, 1))
  // Half of batch 3: its record's header is lost, and its command holds batches 1 to 9 of that storage.
  await edit(path, (bytes) => Buffer.concat([bytes.subarray(0, ends[1]), Buffer.alloc(52), records]))
  const { log, storage } = await reopen(directory)
  expect(log).toEqual(ALL.slice(0, 4))
  await written(storage, batch([stored(block(5, 1, 5))]))
  await storage.close()
  expect((await reopen(directory)).log).toEqual([...ALL.slice(0, 4), '5@5'])
})

describe('damage to what was acknowledged', () => {
  test('any byte of an earlier batch is noticed', async () => {
    const { directory, ends } = await threeBatches()
    for (let at = 0; at < ends[1]!; at++) {
      const copy = await copyOf(directory)
      await flip(segment(copy, 1), at, at % 8)
      await refused(copy, '0000000000000001.segment', /\d+/)
    }
  })

  test('a stretch of zeros is noticed, and the message tells where', async () => {
    const { directory, ends } = await threeBatches()
    await edit(segment(directory, 1), (bytes) => void bytes.fill(0, ends[0]!, ends[0]! + 64))
    await refused(directory, '0000000000000001.segment', ends[0]!)
  })

  test('the last record of a batch, when a later batch was begun', async () => {
    const { directory, ends } = await threeBatches()
    // Of the last batch only the first header is left.
    await edit(segment(directory, 1), (bytes) => {
      bytes[ends[1]! - 1]! ^= 1
      return bytes.subarray(0, ends[1]! + 60)
    })
    await refused(directory, '0000000000000001.segment', /\d+/)
  })

  test('far behind a hole', async () => {
    const directory = await quickDirectory()
    const storage = storageIn(directory, { fileSystem: withoutSpares(), segmentBytes: 8 * 1024 * 1024 })
    await storage.open(identity)
    const ends: number[] = []
    for (let index = 1; index <= 4; index++) {
      await written(storage, batch([stored(block(index, 1, 1, 1_048_000))]))
      ends.push(usedBytes(await readFile(segment(directory, 1))))
    }
    await storage.close()
    await edit(segment(directory, 1), (bytes) => void bytes.fill(0, ends[0]!, ends[2]!))
    await refused(directory, '0000000000000001.segment', ends[0]!)
  })

  test('an earlier segment: cut off, changed, missing, exchanged', async () => {
    const { directory, ends } = await threeBatches()
    for (let index = 8; index <= 10; index++) {
      const { storage } = await reopen(directory)
      await written(storage, batch([stored(block(index, 1, 3))]))
      await storage.close()
    }
    const name = (sequence: number): string => segment('', sequence).slice(1)
    const cases: [string, (copy: string) => Promise<unknown>, string][] = [
      ['cut off', (copy) => truncate(segment(copy, 2), usedBytesOfSecond - 1), name(2)],
      ['emptied', (copy) => truncate(segment(copy, 2), 0), name(2)],
      ['last byte', (copy) => flip(segment(copy, 1), ends[2]! - 1), name(1)],
      ['missing', (copy) => rm(segment(copy, 2)), name(2)],
      ['first one missing', (copy) => rm(segment(copy, 1)), ''],
      ['exchanged', (copy) => rename(segment(copy, 3), segment(copy, 2)), ''],
      ['header', (copy) => flip(segment(copy, 3), 20), name(3)],
      ['header of the last one, followed by two batches', (copy) => twoBatches(copy), name(5)],
      ['format file', (copy) => flip(`${copy}/format`, 30), 'format'],
      ['format file longer', (copy) => appendFile(`${copy}/format`, 'x'), 'format'],
      ['format file missing', (copy) => rm(`${copy}/format`), 'format'],
    ]
    const usedBytesOfSecond = usedBytes(await readFile(segment(directory, 2)))
    const twoBatches = async (copy: string): Promise<void> => {
      const { storage } = await reopen(copy)
      await written(storage, vote(4), vote(5))
      await storage.close()
      await flip(segment(copy, 5), 20)
    }
    for (const [what, damage, file] of cases) {
      const copy = await copyOf(directory)
      await damage(copy)
      await refused(copy, file).catch((cause) => {
        throw new Error(`${what}: ${cause.message}`, { cause })
      })
    }
  })

  test('a segment of another storage is refused, though it is whole', async () => {
    const { directory } = await threeBatches()
    const other = await quickDirectory()
    const foreign = storageIn(other)
    await foreign.open({ ...identity, incarnation: 'ffffffffffffffff' })
    await written(foreign, vote(1))
    await foreign.close()
    await writeFile(segment(directory, 2), await readFile(segment(other, 1)))
    await refused(directory, '0000000000000002.segment', 0)
  })

  test('an entry that rots while the storage is open is not handed out', async () => {
    const { directory, ends } = await threeBatches()
    const { storage } = await reopen(directory)
    await flip(segment(directory, 1), ends[0]! - 1)
    await expect(storage.read(1, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  })
})

test('a newer format is refused by its number', async () => {
  const { directory } = await threeBatches()
  await edit(`${directory}/format`, (bytes) => {
    bytes.writeUInt16LE(2, 4)
    bytes.writeUInt32LE(crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12))), 12)
    return bytes
  })
  await expect(storageIn(directory).open(identity)).rejects.toMatchObject({
    code: 'ERR_STORAGE',
    message: expect.stringMatching(/format version 2; this build reads version 1/),
  })
})

test('what was never finished is removed', async () => {
  const { directory } = await threeBatches()
  for (const name of ['spare.tmp', 'format.tmp', '5-1.snap.tmp'])
    await writeFile(`${directory}/${name}`, 'half')
  const { storage } = await reopen(directory)
  await storage.close()
  expect(Object.keys(await contentsOf(directory))).toEqual(['0000000000000001.segment', 'format'])
})
