// Snapshots that are being saved or read while something else happens: each other, a failure, the end of the storage.
import { readdir } from 'node:fs/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FileStorage } from '../src/index.js'
import { FaultyDisk, systemError } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  contentOf,
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
let disk: FaultyDisk
let storage: FileStorage

beforeEach(async () => {
  directory = await quickDirectory()
  disk = new FaultyDisk()
  storage = storageIn(directory, { fileSystem: disk })
  await storage.open(identity)
  await written(storage, batch([stored(block(1, 9))]))
})

const snapshots = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.includes('.snap')).sort()

/** A content of one chunk after which nothing comes; tells when it was asked, and when it was left. */
function endless(): { content: AsyncIterable<Uint8Array>; asked: Promise<void>; left: () => boolean } {
  let wasAsked!: () => void
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve
  })
  let left = false
  let chunks = 0
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      if (chunks++ === 0) return Promise.resolve({ done: false, value: new Uint8Array(2_000_000) })
      wasAsked()
      return new Promise(() => {})
    },
    return: async () => {
      left = true
      return { done: true, value: undefined }
    },
  }
  return { content: { [Symbol.asyncIterator]: () => iterator }, asked, left: () => left }
}

const fail = (): void => {
  disk.judge = ({ kind, name }) =>
    kind === 'write' && name.endsWith('.segment') ? systemError('EIO') : undefined
}

describe('saving', () => {
  test('one after another: the second one is asked when the first one is done', async () => {
    const events: string[] = []
    async function* told(name: string): AsyncGenerator<Uint8Array> {
      events.push(`${name} asked`)
      yield new TextEncoder().encode(name)
      await new Promise(setImmediate)
      events.push(`${name} ends`)
    }
    await Promise.all([
      storage.saveSnapshot(metadata(3), told('a')).then(() => events.push('a saved')),
      storage.saveSnapshot(metadata(5), told('b')).then(() => events.push('b saved')),
      storage.saveSnapshot(metadata(5), told('c')).then(() => events.push('c saved')),
    ])
    expect(events).toEqual(
      ['a', 'b', 'c'].flatMap((name) => [`${name} asked`, `${name} ends`, `${name} saved`]),
    )
    expect(await contentOf(storage)).toBe('c')
    expect(await snapshots()).toEqual(['3-1.snap', '5-1.snap'])
  })

  test('one that fails does not keep the next one from being saved', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(5)
      throw new Error('the state machine failed')
    }
    const first = storage.saveSnapshot(metadata(3), failing())
    const second = storage.saveSnapshot(metadata(5), content('state'))
    await expect(first).rejects.toThrow('the state machine failed')
    await second
    expect(await snapshots()).toEqual(['5-1.snap'])
  })

  test('one whose content never ends holds up neither batches nor compaction, which goes as far as the last whole one', async () => {
    await storage.saveSnapshot(metadata(4), content('state'))
    await disk.prepared()
    await written(storage, batch([stored(block(10, 1))]))
    const { content: never, asked } = endless()
    const saving = storage.saveSnapshot(metadata(9), never)
    await asked
    await storage.compact(9)
    expect((await storage.read(5, 1)).length).toBe(1)
    await written(storage, vote(4))
    const refused = expect(saving).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    await storage.close()
    await refused
  })

  test('one whose content never ends is given up by close: left, and nothing of it there', async () => {
    const { content: never, asked, left } = endless()
    const saving = storage.saveSnapshot(metadata(3), never)
    const waiting = storage.saveSnapshot(metadata(5), content('state'))
    await asked
    const refused = [saving, waiting].map((save) =>
      expect(save).rejects.toMatchObject({ code: 'ERR_STORAGE' }),
    )
    await storage.close()
    await Promise.all(refused)
    expect(left()).toBe(true)
    expect(await snapshots()).toEqual([])
    // Nor is it a failure of the disk: the same instance opens again.
    await storage.open(identity)
    await storage.saveSnapshot(metadata(5), content('state'))
  })

  test('one whose content never ends is given up when a write fails, with its reason', async () => {
    const { content: never, asked } = endless()
    const saving = storage.saveSnapshot(metadata(3), never)
    await asked
    fail()
    const error = await write(storage, vote(7))
    expect(error).toMatchObject({ code: 'ERR_STORAGE', cause: { code: 'EIO' } })
    await expect(saving).rejects.toBe(error)
  })
})

describe('reading', () => {
  const chunks = async (): Promise<AsyncIterator<Uint8Array>> => {
    await storage.saveSnapshot(metadata(3), content('x'.repeat(3_000_000)))
    const iterator = (await storage.openSnapshot())!.content[Symbol.asyncIterator]()
    expect((await iterator.next()).value).toHaveLength(1024 * 1024)
    return iterator
  }

  test('ends with the storage, which closes the file', async () => {
    const reading = await chunks()
    await storage.close()
    expect(disk.trace).toContain('close 3-1.snap done')
    await expect(reading.next()).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    expect(await reading.next()).toMatchObject({ done: true })
  })

  test('is not begun after the end, nor in another opening', async () => {
    await storage.saveSnapshot(metadata(3), content('state'))
    const [first, second] = [await storage.openSnapshot(), await storage.openSnapshot()]
    await storage.close()
    const opens = disk.trace.filter((line) => line === 'open 3-1.snap').length
    await expect(first!.content[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'ERR_STORAGE' })
    expect(disk.trace.filter((line) => line === 'open 3-1.snap')).toHaveLength(opens)
    await storage.open(identity)
    await expect(second!.content[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_STORAGE',
    })
    expect(await contentOf(storage)).toBe('state')
  })

  test('ends when the storage is poisoned, with the first cause', async () => {
    const reading = await chunks()
    fail()
    const error = await write(storage, vote(7))
    await expect(reading.next()).rejects.toBe(error)
  })

  test('goes on to the end while newer ones are saved, and this one is removed', async () => {
    const reading = await chunks()
    for (const index of [4, 5, 6]) await storage.saveSnapshot(metadata(index), content('state'))
    expect(await snapshots()).toEqual(['5-1.snap', '6-1.snap'])
    let bytes = 1024 * 1024
    for (let next = await reading.next(); !next.done; next = await reading.next()) bytes += next.value.length
    expect(bytes).toBe(3_000_000)
  })

  test('of one that was removed before it was begun fails', async () => {
    await storage.saveSnapshot(metadata(3), content('state'))
    const snapshot = await storage.openSnapshot()
    for (const index of [4, 5]) await storage.saveSnapshot(metadata(index), content('state'))
    await expect(snapshot!.content[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      cause: { code: 'ENOENT' },
    })
  })

  test('that is left early closes the file', async () => {
    const reading = await chunks()
    await reading.return!()
    expect(disk.trace).toContain('close 3-1.snap done')
  })
})

test('opening is not answered before the last batch is written once more', async () => {
  await storage.close()
  const later = new FaultyDisk()
  let release!: () => void
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const name = '0000000000000001.segment'
  later.gate = (call) => (call.kind === 'write' && call.name === name ? held : undefined)
  const again = storageIn(directory, { fileSystem: later })
  let answered = false
  const opening = again.open(identity).then((state) => {
    answered = true
    return state
  })
  await later.until(`write ${name}`)
  await new Promise((resolve) => setImmediate(resolve))
  expect(answered).toBe(false)
  expect(later.trace).not.toContain(`sync ${name}`)
  release()
  expect((await opening).runs).toEqual([{ firstIndex: 1, lastIndex: 9, term: 1 }])
})
