import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { decodeBlock, EntryKind, encodeBlock, type Storage } from '@riverraft/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { fileStorage } from '../src/index.js'
import {
  batch,
  block,
  everything,
  identity,
  storageIn,
  stored,
  temporaryDirectory,
  text,
  vote,
  write,
  written,
} from './harness/helpers.js'

let directory: string
let storage: Storage

beforeEach(async () => {
  directory = await temporaryDirectory()
  storage = storageIn(directory)
  await storage.open(identity)
})

/** As after a restart. */
async function reopened(): Promise<Storage> {
  await storage.close()
  storage = storageIn(directory)
  return storage
}

describe('what it says of itself', () => {
  test('it is durable', () => {
    expect(storage).toMatchObject({ name: 'file', durable: true })
  })

  test('an opened storage is formatted with what it was given, and empty', async () => {
    expect(await storageIn(await temporaryDirectory()).open(identity)).toEqual({
      formatted: true,
      incarnation: identity.incarnation,
      members: identity.members,
      hardState: { currentTerm: 0, votedFor: undefined },
      generation: 0,
      runs: [],
      memberships: [],
      snapshot: undefined,
      lastTimestamp: 0,
    })
  })

  test('it creates the directories that are missing', async () => {
    const deep = `${directory}/some/where`
    expect(await storageIn(deep).open(identity)).toMatchObject({ formatted: true })
  })

  test('opened again it returns what was written, and its own members and incarnation', async () => {
    await written(storage, vote(2, 'b'), batch([stored(block(1, 3)), stored(block(4, 2, 2))]), vote(3))
    const state = await (await reopened()).open({ ...identity, members: [], incarnation: 'ffffffffffffffff' })
    expect(state).toEqual({
      formatted: false,
      incarnation: identity.incarnation,
      members: identity.members,
      hardState: { currentTerm: 3, votedFor: undefined },
      generation: 0,
      runs: [
        { firstIndex: 1, lastIndex: 3, term: 1 },
        { firstIndex: 4, lastIndex: 5, term: 2 },
      ],
      memberships: [],
      snapshot: undefined,
      lastTimestamp: 1_004,
    })
    expect(await everything(storage)).toEqual(['1@1', '2@1', '3@1', '4@2', '5@2'])
  })

  test('another node, or another cluster, is refused with both names', async () => {
    await reopened()
    const other = storage.open({ ...identity, nodeId: 'b', clusterId: 'bills' })
    await expect(other).rejects.toMatchObject({
      code: 'ERR_STORAGE_IDENTITY',
      message: expect.stringMatching(/node 'a' of cluster 'orders', not to node 'b' of cluster 'bills'/),
    })
    expect(await storage.open(identity)).toMatchObject({ formatted: false })
  })

  test('options are checked at once', () => {
    expect(() => fileStorage({ directory: '' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
    for (const segmentBytes of [4095, 2 ** 31, 5000.5, Number.NaN]) {
      expect(() => fileStorage({ directory, segmentBytes })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
      )
    }
  })
})

describe('the log', () => {
  test('a block is read as the very bytes that were written', async () => {
    const first = block(1, 3)
    const second = block(4, 2, 2)
    await written(storage, batch([stored(first), stored(second)]))
    const read = await storage.read(1, 1_000_000)
    expect(read.map(({ bytes }) => Buffer.from(bytes))).toEqual(
      [first, second].map(({ bytes }) => Buffer.from(bytes)),
    )
  })

  test('reading begins with the block that holds the index, and ends when the bytes are used up', async () => {
    const blocks = [block(1, 2), block(3, 2), block(5, 2), block(7, 2)]
    await written(storage, batch(blocks.map((one) => stored(one))))
    const size = blocks[0]!.byteLength
    expect(text(await storage.read(4, 2 * size))).toEqual(['3@1', '4@1', '5@1', '6@1'])
    expect(text(await storage.read(4, 1))).toEqual(['3@1', '4@1'])
    expect(await storage.read(9, 1_000)).toEqual([])
    expect(await storage.read(0, 1_000)).toEqual([])
  })

  test('a truncation inside a block leaves a block of the entries before it', async () => {
    await written(storage, batch([stored(block(1, 5))]), batch([stored(block(3, 2, 2))], 3))
    for (let times = 0; times < 2; times++) {
      const read = await storage.read(1, 1_000_000)
      expect(text(read)).toEqual(['1@1', '2@1', '3@2', '4@2'])
      // Re-framed, it is as good as any other block: it goes to followers as it is.
      expect(() => decodeBlock(read[0]!.bytes)).not.toThrow()
      expect(read[0]).toMatchObject({ firstIndex: 1, lastIndex: 2, term: 1 })
      await (await reopened()).open(identity)
    }
  })

  test('a block whose beginning is known already is stored from its first effective index', async () => {
    await written(storage, batch([stored(block(1, 3))]), batch([stored(block(2, 4), 4)]))
    for (let times = 0; times < 2; times++) {
      expect(text(await storage.read(4, 1_000_000))).toEqual(['4@1', '5@1'])
      expect(await everything(storage)).toEqual(['1@1', '2@1', '3@1', '4@1', '5@1'])
      await (await reopened()).open(identity)
    }
  })

  test('everything can be truncated, also what an earlier opening has written', async () => {
    await written(storage, batch([stored(block(1, 3)), stored(block(4, 3))]))
    await (await reopened()).open(identity)
    await written(storage, batch([stored(block(1, 1, 2))], 1))
    expect(await everything(storage)).toEqual(['1@2'])
    expect((await (await reopened()).open(identity)).runs).toEqual([{ firstIndex: 1, lastIndex: 1, term: 2 }])
  })

  test('a batch of nothing is a write like any other', async () => {
    await written(storage, batch([]))
    expect(await everything(storage)).toEqual([])
  })

  test('more blocks than one system call takes are still one batch', async () => {
    const blocks = Array.from({ length: 1_500 }, (_, i) => stored(block(i + 1, 1)))
    await written(storage, batch(blocks))
    const expected = blocks.map((_, i) => `${i + 1}@1`)
    expect(await everything(storage)).toEqual(expected)
    await (await reopened()).open(identity)
    expect(await everything(storage)).toEqual(expected)
  })

  test('a command that looks like the log is a command', async () => {
    await written(storage, batch([stored(block(1, 3))]))
    const bytes = await readFile(`${directory}/0000000000000001.segment`)
    const copy = encodeBlock({ firstIndex: 4, term: 1, timestamp: 0 }, [
      { kind: EntryKind.Command, payload: bytes.subarray(0, 600) },
      { kind: EntryKind.Command, payload: randomBytes(100) },
    ])
    await written(storage, batch([stored(copy)]))
    await (await reopened()).open(identity)
    expect(Buffer.from((await storage.read(4, 1))[0]!.bytes)).toEqual(Buffer.from(copy.bytes))
  })
})

describe('a wrong batch', () => {
  const wrong = {
    'a gap': batch([stored(block(5, 1, 2))]),
    'an overlap that was not declared': batch([stored(block(2, 4, 2))]),
    'a gap inside the batch': batch([stored(block(4, 1, 2)), stored(block(6, 1, 2))]),
    'a first effective index outside its block': batch([stored(block(5, 2, 2), 4)]),
    'a truncation beyond the end': batch([], 9),
    'a truncation before the beginning': batch([], 0),
    'a term that goes back': batch([stored(block(4, 1, 1))]),
  }

  test.each(Object.entries(wrong))('%s fails, changes nothing, and poisons the storage', async (_, what) => {
    await written(storage, batch([stored(block(1, 3, 2))]))
    expect(await write(storage, what)).toMatchObject({ code: 'ERR_STORAGE' })
    expect(await write(storage, batch([stored(block(4, 1, 2))]))).toMatchObject({ code: 'ERR_STORAGE' })
    await expect(storage.read(1, 1_000)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    await storage.close()
    await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    await (await reopened()).open(identity)
    expect(await everything(storage)).toEqual(['1@2', '2@2', '3@2'])
  })
})

describe('opened and closed', () => {
  test('a second open is refused while the first holds', async () => {
    await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
  })

  test('before open and after close every call fails, and closing again does not', async () => {
    for (const unusable of [fileStorage({ directory }), storage]) {
      await unusable.close()
      await unusable.close()
      expect(await write(unusable, batch([]))).toMatchObject({ code: 'ERR_STORAGE' })
      for (const call of [
        unusable.read(1, 1),
        unusable.openSnapshot(),
        unusable.compact(1),
        unusable.saveSnapshot({ index: 1, term: 1, members: [], timestamp: 0 }, (async function* () {})()),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'ERR_STORAGE' })
      }
    }
  })

  test('closing waits for the write that is under way', async () => {
    const writing = write(storage, batch([stored(block(1, 1))]))
    await storage.close()
    expect(await writing).toBeUndefined()
    await (await reopened()).open(identity)
    expect(await everything(storage)).toEqual(['1@1'])
  })

  test('the same instance can be opened again', async () => {
    await written(storage, batch([stored(block(1, 2))]))
    await storage.close()
    await storage.open(identity)
    expect(await everything(storage)).toEqual(['1@1', '2@1'])
  })
})
