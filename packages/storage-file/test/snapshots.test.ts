// Snapshots and compaction: whole or not there, and never a gap between snapshot and log.
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import type { Storage } from '@riverraft/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { contentsOf, copyOf, flip, segment } from './harness/directory.js'
import { FaultyDisk, systemError, withoutSpares } from './harness/faulty-disk.js'
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
  write,
  written,
} from './harness/helpers.js'

let directory: string
let storage: Storage

/** Entries 1-3, 4-6 and 7-9 in a segment each, the second one of term 2. */
beforeEach(async () => {
  directory = await quickDirectory()
  for (const one of [block(1, 3), block(4, 3, 2), block(7, 3, 2)]) {
    const writer = storageIn(directory, { fileSystem: withoutSpares() })
    await writer.open(identity)
    await written(writer, { ...batch([stored(one)]), hardState: { currentTerm: one.term, votedFor: 'c' } })
    await writer.close()
  }
  storage = storageIn(directory, { fileSystem: withoutSpares() })
  await storage.open(identity)
})

async function reopened(): Promise<Storage> {
  await storage.close()
  storage = storageIn(directory, { fileSystem: withoutSpares() })
  return storage
}

const segments = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.segment'))
const snapshots = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.includes('.snap'))

describe('a snapshot', () => {
  test('is read back as it was saved, also after a restart', async () => {
    expect(await storage.openSnapshot()).toBeUndefined()
    await storage.saveSnapshot(metadata(3), content('old'))
    await storage.saveSnapshot(metadata(6, 2), content('new', 'er'))
    for (let times = 0; times < 2; times++) {
      expect((await storage.openSnapshot())!.metadata).toEqual(metadata(6, 2))
      expect(await contentOf(storage)).toBe('newer')
      expect(await (await reopened()).open(identity)).toMatchObject({ snapshot: metadata(6, 2) })
    }
  })

  test('may be larger than memory should hold, in chunks of any size, and of memory that is used again', async () => {
    const chunk = new Uint8Array(700_001)
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 10; i++) yield chunk.fill(i)
      yield new Uint8Array(0)
      yield Uint8Array.of(1, 2, 3)
    }
    await storage.saveSnapshot(metadata(3), chunks())
    let bytes = 0
    for await (const read of (await storage.openSnapshot())!.content) {
      expect(read.length).toBeLessThanOrEqual(1024 * 1024)
      for (const at of [0, read.length - 4]) {
        if (bytes + at < 7_000_010) expect(read[at]).toBe(Math.floor((bytes + at) / 700_001))
      }
      bytes += read.length
    }
    expect(bytes).toBe(7_000_013)
  })

  test('of nothing is a snapshot', async () => {
    await storage.saveSnapshot(metadata(3), content())
    expect(await contentOf(storage)).toBe('')
    expect(await (await reopened()).open(identity)).toMatchObject({ snapshot: metadata(3) })
  })

  test('is one of two at most', async () => {
    for (const index of [1, 2, 3]) await storage.saveSnapshot(metadata(index), content('state'))
    expect(await snapshots()).toEqual(['2-1.snap', '3-1.snap'])
  })

  test('saved together with another one: the two newest stay, and the storage goes on', async () => {
    await storage.saveSnapshot(metadata(1), content('1'))
    await storage.saveSnapshot(metadata(2), content('2'))
    await Promise.all([3, 4].map((index) => storage.saveSnapshot(metadata(index), content(String(index)))))
    expect(await snapshots()).toEqual(['3-1.snap', '4-1.snap'])
    expect(await contentOf(storage)).toBe('4')
  })

  test('whose members do not fit into a header is refused, not saved as something nobody can read', async () => {
    const members = Array.from({ length: 20 }, (_, i) => ({ ...identity.members[0]!, id: `n${i}` }))
    const long = members.map((member) => ({ ...member, address: 'a'.repeat(60_000) }))
    const saving = storage.saveSnapshot({ ...metadata(3), members: long }, content('x'))
    await expect(saving).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/1200\d{3} bytes, at most 1048576/),
    })
    expect(await snapshots()).toEqual([])
    expect(await (await reopened()).open(identity)).toMatchObject({ snapshot: undefined })
  })

  test('whose content fails leaves the one before it, and no trace, and the storage goes on', async () => {
    await storage.saveSnapshot(metadata(3), content('whole'))
    const bang = new Error('bang')
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw bang
    }
    await expect(storage.saveSnapshot(metadata(6, 2), failing())).rejects.toBe(bang)
    expect(await snapshots()).toEqual(['3-1.snap'])
    expect(await contentOf(storage)).toBe('whole')
    await written(storage, vote(5))
  })

  test('that the disk refuses poisons, as any failed write does', async () => {
    const fileSystem = new FaultyDisk()
    await storage.close()
    storage = storageIn(directory, { fileSystem })
    await storage.open(identity)
    fileSystem.judge = ({ kind, name }) =>
      kind === 'write' && name.includes('.snap') ? systemError('ENOSPC') : undefined
    await expect(storage.saveSnapshot(metadata(3), content('x'))).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/disk is full/),
    })
    expect(await write(storage, vote(6))).toMatchObject({ code: 'ERR_STORAGE' })
    expect(await snapshots()).toEqual([])
    expect((await (await reopened()).open(identity)).snapshot).toBeUndefined()
  })
})

describe('a damaged snapshot', () => {
  beforeEach(async () => {
    await storage.saveSnapshot(metadata(3), content('old'))
    await storage.saveSnapshot(metadata(6, 2), content('newer', ' state'))
  })

  test('at any byte or length: the one before it serves while the log replaces the rest', async () => {
    await storage.close()
    const { size } = await stat(`${directory}/6-2.snap`)
    for (let at = 0; at < size; at++) {
      const copy = await copyOf(directory)
      if (at % 3 === 0) await truncate(`${copy}/6-2.snap`, at)
      else await flip(`${copy}/6-2.snap`, at, at % 8)
      const opened = storageIn(copy)
      expect((await opened.open(identity)).snapshot, `byte ${at}`).toEqual(metadata(3))
      expect(await contentOf(opened)).toBe('old')
      expect(await everything(opened)).toHaveLength(9)
      await opened.close()
    }
  })

  test('is refused when the log was compacted in its favour, and nothing is deleted', async () => {
    await storage.compact(6)
    await storage.close()
    await flip(`${directory}/6-2.snap`, 40)
    const before = await contentsOf(directory)
    await expect(storageIn(directory).open(identity)).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringMatching(/6-2\.snap.*the log does not replace it/),
    })
    expect(await contentsOf(directory)).toEqual(before)
  })

  test('is refused when it came from a leader, ahead of the log: it had been acknowledged', async () => {
    await storage.saveSnapshot(metadata(50, 3), content('far ahead'))
    await storage.close()
    await truncate(`${directory}/50-3.snap`, 60)
    await expect(storageIn(directory).open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  })

  test('goes when the next one is saved', async () => {
    await storage.close()
    await flip(`${directory}/6-2.snap`, 40)
    await (await reopened()).open(identity)
    await storage.saveSnapshot(metadata(6, 2), content('again'))
    expect(await snapshots()).toEqual(['3-1.snap', '6-2.snap'])
    expect(await contentOf(storage)).toBe('again')
    await storage.close()
    await flip(`${directory}/6-2.snap`, 40)
    await (await reopened()).open(identity)
    await storage.saveSnapshot(metadata(7, 2), content('later'))
    expect(await snapshots()).toEqual(['3-1.snap', '7-2.snap'])
  })

  test('never gives out a byte that is wrong', async () => {
    const opened = (await storage.openSnapshot())!
    const bytes = await readFile(`${directory}/6-2.snap`)
    await flip(`${directory}/6-2.snap`, bytes.indexOf('newer'))
    const read = async (): Promise<void> => {
      for await (const _ of opened.content) throw new Error('a wrong byte was given out')
    }
    await expect(read()).rejects.toMatchObject({ code: 'ERR_STORAGE_CORRUPT' })
  })
})

describe('a log and a snapshot that do not meet', () => {
  test('the log ends before the snapshot: it is dropped, and goes on behind the snapshot', async () => {
    await storage.saveSnapshot(metadata(20, 4), content('from a leader'))
    const expected = {
      runs: [],
      lastTimestamp: 0,
      snapshot: metadata(20, 4),
      hardState: { currentTerm: 2, votedFor: 'c' },
    }
    expect(await (await reopened()).open(identity)).toMatchObject(expected)
    expect(await storage.read(5, 100)).toEqual([])
    // Opened again without a write in between, the same.
    expect(await (await reopened()).open(identity)).toMatchObject(expected)
    expect(await write(storage, vote(7, 'b'))).toBeUndefined()
    expect(await (await reopened()).open(identity)).toMatchObject({
      ...expected,
      hardState: { currentTerm: 7 },
    })
    await written(storage, batch([stored(block(21, 2, 7))]))
    for (let times = 0; times < 2; times++) {
      expect(await everything(storage, 21)).toEqual(['21@7', '22@7'])
      expect(await (await reopened()).open(identity)).toMatchObject({
        runs: [{ firstIndex: 21, lastIndex: 22, term: 7 }],
        lastTimestamp: 1_021,
      })
    }
    await storage.compact(20)
    expect((await segments()).length).toBeLessThanOrEqual(2)
    expect(await (await reopened()).open(identity)).toMatchObject({
      runs: [{ firstIndex: 21, lastIndex: 22, term: 7 }],
      hardState: { currentTerm: 7, votedFor: 'b' },
    })
  })

  test('the log has another entry at its index: it is dropped as well', async () => {
    await storage.saveSnapshot(metadata(6, 3), content('from a leader'))
    expect(await (await reopened()).open(identity)).toMatchObject({ runs: [], snapshot: metadata(6, 3) })
    await written(storage, batch([stored(block(7, 1, 3))]))
    expect(await (await reopened()).open(identity)).toMatchObject({
      runs: [{ firstIndex: 7, lastIndex: 7, term: 3 }],
    })
  })

  test('the log has its entry: what follows is kept', async () => {
    await storage.saveSnapshot(metadata(5, 2), content('state'))
    expect((await (await reopened()).open(identity)).runs.at(-1)).toMatchObject({ lastIndex: 9 })
  })

  test('a running storage goes on behind the snapshot too, when it is told to', async () => {
    await storage.saveSnapshot(metadata(20, 4), content('from a leader'))
    const restartBehind = { index: 20, term: 4 }
    await written(storage, { ...batch([stored(block(19, 4, 4), 21)], 4), restartBehind })
    for (let times = 0; times < 2; times++) {
      expect(await storage.read(9, 100)).toEqual([])
      expect(await everything(storage, 21)).toEqual(['21@4', '22@4'])
      const state = await (await reopened()).open(identity)
      expect(state.runs).toEqual([{ firstIndex: 21, lastIndex: 22, term: 4 }])
    }
    await storage.compact(20)
    expect(await everything(storage, 21)).toEqual(['21@4', '22@4'])
  })

  test('a gap behind the snapshot is refused', async () => {
    await storage.saveSnapshot(metadata(3), content('state'))
    await storage.saveSnapshot(metadata(6, 2), content('state'))
    await storage.compact(6)
    await storage.close()
    await rm(`${directory}/6-2.snap`)
    await expect(storageIn(directory).open(identity)).rejects.toMatchObject({
      code: 'ERR_STORAGE_CORRUPT',
      message: expect.stringMatching(/the log begins at 7, but the newest snapshot ends at 3/),
    })
  })
})

describe('compaction', () => {
  test('goes up to the snapshot and no further, by whole segments', async () => {
    await storage.compact(9)
    expect(await segments()).toHaveLength(3)
    await storage.saveSnapshot(metadata(7, 2), content('state'))
    await storage.compact(5)
    expect(await segments()).toEqual(['0000000000000002.segment', '0000000000000003.segment'])
    expect(await storage.read(3, 1_000)).toEqual([])
    expect(await everything(storage, 4)).toHaveLength(6)
    await storage.compact(9)
    expect(await segments()).toEqual(['0000000000000003.segment'])
    expect(await (await reopened()).open(identity)).toMatchObject({
      runs: [{ firstIndex: 7, lastIndex: 9, term: 2 }],
      hardState: { currentTerm: 2, votedFor: 'c' },
      snapshot: metadata(7, 2),
    })
  })

  test('never takes the last segment, which knows the vote, even when no entry is left', async () => {
    await storage.saveSnapshot(metadata(9, 2), content('state'))
    await storage.compact(9)
    expect(await segments()).toEqual(['0000000000000003.segment'])
    await written(storage, vote(8, 'b'))
    await storage.compact(9)
    expect(await segments()).toEqual(['0000000000000004.segment'])
    expect(await (await reopened()).open(identity)).toMatchObject({
      runs: [],
      lastTimestamp: 0,
      hardState: { currentTerm: 8, votedFor: 'b' },
    })
    await written(storage, batch([stored(block(10, 1, 8))]))
    expect((await (await reopened()).open(identity)).runs).toEqual([
      { firstIndex: 10, lastIndex: 10, term: 8 },
    ])
  })

  test('takes the oldest first, and each for good before the next', async () => {
    const fileSystem = new FaultyDisk()
    await storage.close()
    storage = storageIn(directory, { fileSystem })
    await storage.open(identity)
    await storage.saveSnapshot(metadata(9, 2), content('state'))
    fileSystem.trace.length = 0
    await storage.compact(9)
    expect(fileSystem.trace.filter((line) => /^(rename|syncD).*done$/.test(line))).toEqual([
      'rename 0000000000000001.spare done',
      'syncDirectory . done',
      'rename 0000000000000002.spare done',
      'syncDirectory . done',
    ])
  })

  test('asked for twice at once, still leaves no gap', async () => {
    await storage.saveSnapshot(metadata(9, 2), content('state'))
    await storage.close()
    const fileSystem = withoutSpares()
    storage = storageIn(directory, { fileSystem })
    await storage.open(identity)
    await Promise.all([storage.compact(9), storage.compact(9)])
    const taken = fileSystem.trace.filter((line) => line.startsWith('rename') || line.startsWith('syncD'))
    expect(taken.slice(-8)).toEqual(
      [1, 2].flatMap((number) => [
        `rename ${String(number).padStart(16, '0')}.spare`,
        `rename ${String(number).padStart(16, '0')}.spare done`,
        'syncDirectory .',
        'syncDirectory . done',
      ]),
    )
  })

  test('a truncation back to the beginning of a compacted log', async () => {
    await storage.saveSnapshot(metadata(6, 2), content('state'))
    await storage.compact(6)
    await written(storage, batch([stored(block(7, 1, 3))], 7))
    expect((await (await reopened()).open(identity)).runs).toEqual([{ firstIndex: 7, lastIndex: 7, term: 3 }])
    expect(await write(storage, batch([], 6))).toMatchObject({ code: 'ERR_STORAGE' })
  })

  test('a log that begins with a segment whose first entries were truncated later', async () => {
    // Segment 4 begins at 10, and then takes back 8 and 9, which stand in segment 3.
    await written(storage, batch([stored(block(10, 2, 2))]), batch([stored(block(8, 4, 5))], 8))
    await storage.saveSnapshot(metadata(7, 2), content('state'))
    await storage.compact(7)
    expect(await segments()).toEqual(['0000000000000004.segment'])
    const state = await (await reopened()).open(identity)
    expect(state.runs).toEqual([{ firstIndex: 8, lastIndex: 11, term: 5 }])
    expect(await everything(storage, 8)).toEqual(['8@5', '9@5', '10@5', '11@5'])
  })

  test('of what is being read: the reader gets it, or nothing', async () => {
    await storage.saveSnapshot(metadata(9, 2), content('state'))
    const reading = storage.read(1, 1_000_000)
    await storage.compact(9)
    expect([0, 3]).toContain((await reading).length)
  })
})

test('a snapshot of another member is not ours', async () => {
  await storage.saveSnapshot(metadata(3), content('state'))
  await storage.close()
  const other = await quickDirectory()
  const stranger = storageIn(other)
  await stranger.open({ ...identity, nodeId: 'b' })
  await stranger.close()
  await writeFile(`${other}/3-1.snap`, await readFile(`${directory}/3-1.snap`))
  await expect(storageIn(other).open({ ...identity, nodeId: 'b' })).rejects.toMatchObject({
    code: 'ERR_STORAGE_CORRUPT',
  })
  expect(await readFile(segment(directory, 1))).toBeDefined()
})
