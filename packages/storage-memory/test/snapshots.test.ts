import type { SnapshotMetadata, Storage } from '@riverraft/core'
import { beforeEach, describe, expect, test } from 'vitest'
import { memoryStorage } from '../src/index.js'
import { batch, block, identity, stored, text, write } from './helpers.js'

let storage: Storage

beforeEach(async () => {
  storage = memoryStorage()
  await storage.open(identity)
  expect(
    write(storage, batch([stored(block(1, 3)), stored(block(4, 3)), stored(block(7, 3))])),
  ).toBeUndefined()
})

const metadata = (index: number): SnapshotMetadata => ({
  index,
  term: 1,
  members: identity.members,
  timestamp: 5,
})

async function* content(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk)
}

async function contentOf(from: Storage): Promise<string> {
  let all = ''
  for await (const chunk of (await from.openSnapshot())!.content) all += new TextDecoder().decode(chunk)
  return all
}

describe('snapshots', () => {
  test('the newest one is read back as it was saved', async () => {
    expect(await storage.openSnapshot()).toBeUndefined()
    await storage.saveSnapshot(metadata(3), content('old'))
    await storage.saveSnapshot(metadata(6), content('new', 'er'))
    expect((await storage.openSnapshot())!.metadata).toEqual(metadata(6))
    expect(await contentOf(storage)).toBe('newer')
  })

  test('one whose content fails leaves the one before it', async () => {
    const bang = new Error('bang')
    await storage.saveSnapshot(metadata(3), content('whole'))
    const failing = async function* () {
      yield new Uint8Array(1)
      throw bang
    }
    await expect(storage.saveSnapshot(metadata(6), failing())).rejects.toBe(bang)
    expect(await contentOf(storage)).toBe('whole')
  })

  test('compaction goes up to the snapshot and no further, by whole blocks', async () => {
    await storage.compact(9)
    expect(text(await storage.read(1, 1))).toHaveLength(3)
    await storage.saveSnapshot(metadata(7), content('state'))
    await storage.compact(9)
    expect(await storage.read(6, 1_000)).toEqual([])
    expect((await storage.read(7, 1_000))[0]!.firstIndex).toBe(7)
  })

  test('a log that ends before the snapshot, or has another entry there, begins anew behind it', async () => {
    await storage.saveSnapshot({ ...metadata(20), term: 2 }, content('ahead'))
    const ahead = { ...batch([stored(block(21, 2, 3))]), restartBehind: { index: 20, term: 2 } }
    expect(write(storage, ahead)).toBeUndefined()
    expect(text(await storage.read(21, 1_000))).toEqual(['21@3', '22@3'])
    expect(await storage.read(9, 1_000)).toEqual([])
    await storage.saveSnapshot({ ...metadata(21), term: 4 }, content('another entry 21'))
    const another = { ...batch([stored(block(22, 1, 4))], 22), restartBehind: { index: 21, term: 4 } }
    expect(write(storage, another)).toBeUndefined()
    expect(text(await storage.read(22, 1_000))).toEqual(['22@4'])
    expect(await storage.read(21, 1_000)).toEqual([])
  })

  test('a write right behind a snapshot that the log contains only continues it', async () => {
    await storage.saveSnapshot(metadata(9), content('state'))
    expect(write(storage, batch([stored(block(10, 1))]))).toBeUndefined()
    expect(text(await storage.read(1, 1_000))).toHaveLength(10)
  })

  test('a compacted log still ends where it did: it can be truncated back to its beginning and grows again', async () => {
    await storage.saveSnapshot(metadata(6), content('state'))
    await storage.compact(6)
    expect(write(storage, batch([stored(block(7, 1, 2))], 7))).toBeUndefined()
    expect((await storage.read(7, 1_000)).map(({ term }) => term)).toEqual([2])
    expect(write(storage, batch([], 6))).toMatchObject({ code: 'ERR_STORAGE' })
  })
})
