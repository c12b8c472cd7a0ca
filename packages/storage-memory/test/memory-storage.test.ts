import { decodeBlock, EntryBlock, type Storage } from '@riverraft/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { memoryStorage } from '../src/index.js'
import { batch, block, identity, stored, text, write } from './helpers.js'

let storage: Storage

beforeEach(async () => {
  storage = memoryStorage()
  await storage.open(identity)
})

describe('what it says of itself', () => {
  test('it is volatile', () => {
    expect(storage).toMatchObject({ name: 'memory', durable: false })
  })

  test('an opened storage is formatted with what it was given, and empty', async () => {
    expect(await memoryStorage().open(identity)).toEqual({
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

  test('closing it is the end of its content: it comes back as somebody new', async () => {
    write(storage, batch([stored(block(1, 3))]))
    await storage.close()
    const state = await storage.open({ ...identity, incarnation: 'ffffffffffffffff' })
    expect(state).toMatchObject({ formatted: true, incarnation: 'ffffffffffffffff', runs: [] })
    expect(await storage.read(1, 1_000)).toEqual([])
  })
})

describe('the log', () => {
  test('a block is read as the very bytes that were written', async () => {
    const first = block(1, 3)
    const second = block(4, 2, 2)
    expect(write(storage, batch([stored(first), stored(second)]))).toBeUndefined()
    const read = await storage.read(1, 1_000_000)
    expect(read[0]).toBe(first)
    expect(read[1]).toBe(second)
  })

  test('reading begins with the block that holds the index, and ends when the bytes are used up', async () => {
    const blocks = [block(1, 2), block(3, 2), block(5, 2), block(7, 2)]
    write(storage, batch(blocks.map((one) => stored(one))))
    const size = blocks[0]!.byteLength
    expect(await storage.read(4, 2 * size)).toEqual([blocks[1], blocks[2]])
    expect(await storage.read(4, 1)).toEqual([blocks[1]])
    expect(await storage.read(9, 1_000)).toEqual([])
  })

  test('a truncation inside a block leaves a block of the entries before it', async () => {
    write(storage, batch([stored(block(1, 5))]))
    write(storage, batch([stored(block(3, 2, 2))], 3))
    const read = await storage.read(1, 1_000_000)
    expect(text(read)).toEqual(['1@1', '2@1', '3@2', '4@2'])
    // Re-framed, it is as good as any other block: it goes to followers as it is.
    expect(() => decodeBlock(read[0]!.bytes)).not.toThrow()
    expect(read[0]).toMatchObject({ firstIndex: 1, lastIndex: 2, term: 1 })
  })

  test('a block whose beginning is known already is stored from its first effective index', async () => {
    write(storage, batch([stored(block(1, 3))]))
    expect(write(storage, batch([stored(block(2, 4), 4)]))).toBeUndefined()
    const read = await storage.read(4, 1_000_000)
    expect(text(read)).toEqual(['4@1', '5@1'])
    expect(text(await storage.read(1, 1_000_000))).toEqual(['1@1', '2@1', '3@1', '4@1', '5@1'])
  })

  test('everything can be truncated', async () => {
    write(storage, batch([stored(block(1, 3)), stored(block(4, 3))]))
    expect(write(storage, batch([stored(block(1, 1, 2))], 1))).toBeUndefined()
    expect(text(await storage.read(1, 1_000))).toEqual(['1@2'])
  })

  test('a batch of only a hard state, or of nothing, is a write like any other', () => {
    const hardState = { currentTerm: 3, votedFor: 'b' }
    expect(write(storage, { hardState, truncateFrom: undefined, blocks: [] })).toBeUndefined()
    expect(write(storage, batch([]))).toBeUndefined()
  })

  test('a small block does not keep the large receive buffer alive that it came in', async () => {
    const { bytes } = block(1, 1)
    const buffer = new Uint8Array(1_000_000)
    buffer.set(bytes, 5_000)
    write(storage, batch([stored(new EntryBlock(buffer.subarray(5_000, 5_000 + bytes.length)))]))
    const [read] = await storage.read(1, 1_000)
    expect(read!.bytes).toEqual(bytes)
    expect(read!.bytes.buffer.byteLength).toBe(bytes.length)
  })
})

describe('a wrong batch', () => {
  const wrong = {
    'a gap': batch([stored(block(5, 1))]),
    'an overlap that was not declared': batch([stored(block(2, 4))]),
    'a gap inside the batch': batch([stored(block(4, 1)), stored(block(6, 1))]),
    'a first effective index outside its block': batch([stored(block(5, 2), 4)]),
    'a truncation beyond the end': batch([], 9),
    'a truncation before the beginning': batch([], 0),
    'a term that goes back': batch([stored(block(4, 1, 1))]),
  }

  test.each(Object.entries(wrong))('%s fails, changes nothing, and poisons the storage', async (_, what) => {
    write(storage, batch([stored(block(1, 3, 2))]))
    expect(write(storage, what)).toMatchObject({ code: 'ERR_STORAGE' })
    expect(write(storage, batch([stored(block(4, 1, 2))]))).toMatchObject({ code: 'ERR_STORAGE' })
    await expect(storage.read(1, 1_000)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    await storage.close()
    await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
  })
})

describe('opened and closed', () => {
  test('a second open is refused while the first holds', async () => {
    await expect(storage.open(identity)).rejects.toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
  })

  test('before open and after close every call fails, and closing again does not', async () => {
    for (const unusable of [memoryStorage(), storage]) {
      await unusable.close()
      await unusable.close()
      expect(write(unusable, batch([]))).toMatchObject({ code: 'ERR_STORAGE' })
      await expect(unusable.read(1, 1)).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    }
  })

  test("an exception of the caller's own callback is not a failed write", async () => {
    const bang = new Error('bang')
    const throwing = () => {
      throw bang
    }
    expect(() => storage.write(batch([stored(block(1, 1))]), throwing)).toThrow(bang)
    expect(text(await storage.read(1, 1_000))).toEqual(['1@1'])
  })
})
