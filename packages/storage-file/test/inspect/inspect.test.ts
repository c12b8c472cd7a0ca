// What `inspect` and `verify` find: everything there is, what is damaged, and never a change.
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../src/index.js'
import { contentsOf, copyOf, edit, flip, segment } from '../harness/directory.js'
import { withoutSpares } from '../harness/faulty-disk.js'
import { findings, only } from '../harness/findings.js'
import {
  batch,
  block,
  content,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  vote,
  written,
} from '../harness/helpers.js'

const GOLDEN = join(import.meta.dirname, '..', 'golden', 'v1')

/** Three batches in one segment, and zeros behind them. */
async function threeBatches(): Promise<string> {
  const directory = await quickDirectory()
  const storage = storageIn(directory, { fileSystem: withoutSpares() })
  await storage.open(identity)
  await written(
    storage,
    vote(1, 'b'),
    batch([stored(block(1, 2)), stored(block(3, 2))]),
    batch([stored(block(5, 1))]),
  )
  await storage.close()
  await appendFile(segment(directory, 1), Buffer.alloc(100))
  return directory
}

test('every record is told of, with its place, its checksums and what it says', async () => {
  const found = await findings(GOLDEN)
  expect(only(found, 'record').map(({ file: _, crc: __, ...record }) => record)).toMatchObject([
    {
      offset: 103,
      bytes: 54,
      batch: 1,
      last: true,
      kind: 'hardState',
      hardState: { currentTerm: 1, votedFor: 'bé' },
    },
    { offset: 157, bytes: 128, batch: 2, last: false, kind: 'block', firstIndex: 1, lastIndex: 3, term: 1 },
    { offset: 285, bytes: 120, batch: 2, last: true, kind: 'block', firstIndex: 4, lastIndex: 5, term: 1 },
    { offset: 108, bytes: 48, batch: 3, last: false, kind: 'truncation', from: 5, termBefore: 1 },
    { offset: 156, bytes: 49, batch: 3, last: false, kind: 'hardState', hardState: { currentTerm: 2 } },
    { offset: 205, bytes: 128, batch: 3, last: true, kind: 'block', firstIndex: 5, lastIndex: 7, term: 2 },
    { offset: 103, bytes: 136, batch: 4, kind: 'block', firstIndex: 8, lastIndex: 9, blockFirstIndex: 6 },
  ])
  const bytes = await readFile(segment(GOLDEN, 1))
  const [first] = only(found, 'record')
  expect(first!.crc).toBe(crc32(bytes.subarray(107, 157)).toString(16))
  expect(only(found, 'segmentEnd')).toMatchObject([
    { records: 3, batches: 2, end: 405, behind: 'nothing' },
    { records: 3, batches: 1, end: 333, behind: 'nothing' },
    { records: 1, batches: 1, end: 239, behind: 'nothing' },
  ])
  expect(only(found, 'snapshot')).toMatchObject([{ file: '2-1.snap', index: 2, term: 1, contentBytes: 5 }])
  expect(found.at(-1)).toMatchObject({
    type: 'verdict',
    opens: 'yes',
    problems: 0,
    state: {
      hardState: { currentTerm: 2, votedFor: undefined },
      runs: [
        { firstIndex: 1, lastIndex: 4, term: 1 },
        { firstIndex: 5, lastIndex: 9, term: 2 },
      ],
    },
  })
})

test('it only reads', async () => {
  const disk = nodeFileSystem()
  const calls: string[] = []
  const watched = new Proxy(disk, {
    get(target, key: keyof FileSystem) {
      const value = target[key]
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        calls.push(key === 'open' ? `open to ${String(args[1])}` : key)
        return Reflect.apply(value, target, args)
      }
    },
  })
  await findings(await threeBatches(), watched)
  expect([...new Set(calls)].sort()).toEqual(['close', 'list', 'open to read', 'read', 'size'])
})

describe('damage', () => {
  test('anywhere: the verdict is what opening says, with file and place, and nothing is changed', async () => {
    const files = ['format', '2-1.snap', ...[1, 2, 3].map((sequence) => segment('', sequence).slice(1))]
    let [refused, opened] = [0, 0]
    for (const file of files) {
      const { length } = await readFile(join(GOLDEN, file))
      for (let at = 0; at < length; at += 11) {
        const directory = await copyOf(GOLDEN)
        await flip(join(directory, file), at, at % 8)
        const before = await contentsOf(directory)
        const found = await findings(directory)
        expect(await contentsOf(directory)).toEqual(before)
        const opening = await storageIn(directory)
          .open(identity)
          .then(
            () => undefined,
            (error: Error) => error,
          )
        const verdict = only(found, 'verdict')[0]!
        const [problem] = only(found, 'problem')
        expect(verdict.opens, `${file} at ${at}: ${opening?.message}`).toBe(
          opening === undefined ? 'yes' : 'refused',
        )
        if (opening === undefined) {
          opened++
          continue
        }
        refused++
        const where =
          problem!.offset === undefined ? problem!.file : `${problem!.file} at byte ${problem!.offset}`
        expect(opening.message).toBe(`${where}: ${problem!.reason}. Nothing was changed`)
        expect(problem!.advice).toMatch(/^Keep a copy of the directory/)
      }
    }
    // In the last batch it looks like a crash; a snapshot that the log replaces is not needed.
    expect(opened).toBeGreaterThan(10)
    expect(refused).toBeGreaterThan(50)
  })

  test('in the middle of a segment: what is whole behind it is listed, too', async () => {
    const directory = await threeBatches()
    const [, second, third] = only(await findings(directory), 'record')
    await flip(segment(directory, 1), second!.offset + 60)
    const found = await findings(directory)
    expect(only(found, 'gap')).toMatchObject([{ offset: second!.offset, bytes: second!.bytes }])
    expect(only(found, 'record').map(({ offset }) => offset)).toContain(third!.offset)
    expect(only(found, 'problem')).toMatchObject([{ file: segment(directory, 1), offset: second!.offset }])
  })

  test('of one snapshot of two: it is told, and that nothing is lost', async () => {
    const directory = await threeBatches()
    const storage = storageIn(directory)
    await storage.open(identity)
    for (const index of [2, 4]) await storage.saveSnapshot(metadata(index), content('state'))
    await storage.close()
    await flip(join(directory, '2-1.snap'), 80)
    const found = await findings(directory)
    expect(only(found, 'problem')).toMatchObject([
      { file: join(directory, '2-1.snap'), advice: expect.stringMatching(/nothing is lost/) },
    ])
    expect(only(found, 'verdict')).toMatchObject([{ opens: 'yes', problems: 1 }])
  })

  test.each([
    ['format', /format/, /the file is missing/],
    [segment('', 2).slice(1), /2\.segment/, /the segment is missing/],
  ])('a missing %s', async (file, path, reason) => {
    const directory = await copyOf(GOLDEN)
    await rm(join(directory, file))
    const found = await findings(directory)
    expect(only(found, 'problem')).toMatchObject([
      { file: expect.stringMatching(path), reason: expect.stringMatching(reason) },
    ])
    expect(only(found, 'verdict')).toMatchObject([{ opens: 'refused' }])
  })

  test('a later version is no damage: it says what reads it', async () => {
    const directory = await copyOf(GOLDEN)
    await edit(join(directory, 'format'), (bytes) => {
      bytes.writeUInt16LE(2, 4)
      bytes.writeUInt32LE(crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12))), 12)
      return bytes
    })
    expect(only(await findings(directory), 'problem')).toMatchObject([
      { reason: expect.stringMatching(/version 2/), advice: expect.stringMatching(/^Use the version/) },
    ])
  })
})

test('half a batch at the end is what a crash leaves: no problem', async () => {
  const directory = await threeBatches()
  const last = only(await findings(directory), 'record').at(-1)!
  await edit(segment(directory, 1), (bytes) => bytes.subarray(0, last.offset + 70))
  const found = await findings(directory)
  expect(only(found, 'segmentEnd')).toMatchObject([
    { batches: 2, end: last.offset, bytesBehind: 70, behind: 'other' },
  ])
  expect(found.at(-1)).toMatchObject({
    opens: 'yes',
    problems: 0,
    state: { runs: [{ firstIndex: 1, lastIndex: 4 }] },
  })
})

test('what else is in the directory is named', async () => {
  const directory = await copyOf(GOLDEN)
  await writeFile(join(directory, 'spare.tmp'), '')
  await writeFile(join(directory, 'notes.txt'), '')
  await writeFile(join(directory, '0000000000000003.spare'), '')
  expect(only(await findings(directory), 'other')).toEqual([
    { type: 'other', file: '0000000000000003.spare', what: 'spare' },
    { type: 'other', file: 'notes.txt', what: 'not of this storage' },
    { type: 'other', file: 'spare.tmp', what: 'unfinished' },
  ])
})

test('a directory in use is called so, and being written to is not called damage', async () => {
  const directory = await quickDirectory()
  const storage = storageIn(directory, { segmentBytes: 4096 })
  await storage.open(identity)
  let last = 0
  let isDone = false
  const writing = (async () => {
    while (!isDone) {
      await written(storage, batch([stored(block(last + 1, 3, 1, 300))]))
      last += 3
      if (last % 60 !== 0) continue
      await storage.saveSnapshot(metadata(last), content('state'))
      await storage.compact(last)
    }
  })()
  const opens: string[] = []
  try {
    while (opens.length < 30) {
      const found = await findings(directory)
      expect(only(found, 'directory')).toMatchObject([{ inUse: 'yes' }])
      expect(only(found, 'problem')).toEqual([])
      opens.push(only(found, 'verdict')[0]!.opens)
    }
  } finally {
    isDone = true
    await writing
  }
  expect(opens.filter((one) => one === 'refused')).toEqual([])
  await storage.close()
  const found = await findings(directory)
  expect(only(found, 'directory')).toMatchObject([{ inUse: 'no' }])
  expect(found.at(-1)).toMatchObject({ opens: 'yes', problems: 0 })
})
