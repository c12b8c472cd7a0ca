import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Entry,
  type EntryBlock,
  EntryKind,
  encodeBlock,
  type LogIndex,
  type SnapshotMetadata,
  type Storage,
  type StorageIdentity,
  type StoredBlock,
  type Term,
  type WriteBatch,
} from '@riverraft/core'
import { afterEach } from 'vitest'
import { type FileStorage, type FileStorageOptions, fileStorage } from '../../src/index.js'

export const identity: StorageIdentity = {
  clusterId: 'orders',
  nodeId: 'a',
  members: [{ id: 'a', address: 'a', role: 'voter' }],
  incarnation: '00112233445566ff',
}

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Runs after the test, whatever happens; the last one first. */
export function afterTest(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup)
}

export async function temporaryDirectory(parent = tmpdir()): Promise<string> {
  const directory = await mkdtemp(join(parent, 'riverraft-storage-'))
  afterTest(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** In memory where there is such a place: for tests that open hundreds of storages. */
export function quickDirectory(): Promise<string> {
  return temporaryDirectory(existsSync('/dev/shm') ? '/dev/shm' : tmpdir())
}

/** A storage that is closed after the test. */
export function storageIn(directory: string, options: Partial<FileStorageOptions> = {}): FileStorage {
  const storage = fileStorage({ directory, segmentBytes: 64 * 1024, ...options })
  afterTest(() => storage.close())
  return storage
}

/** A block of `count` commands, each telling its index and term. */
export function block(firstIndex: LogIndex, count: number, term: Term = 1, padding = 0): EntryBlock {
  const entries: Entry[] = []
  for (let index = firstIndex; index < firstIndex + count; index++) {
    const payload = new TextEncoder().encode(`${index}@${term}`.padEnd(padding, '.'))
    entries.push({ kind: EntryKind.Command, payload })
  }
  return encodeBlock({ firstIndex, term, timestamp: 1_000 + firstIndex }, entries)
}

export function stored(whole: EntryBlock, firstIndex: LogIndex = whole.firstIndex): StoredBlock {
  return { block: whole, firstIndex }
}

export function batch(blocks: readonly StoredBlock[], truncateFrom?: LogIndex): WriteBatch {
  return { hardState: undefined, truncateFrom, blocks }
}

export function vote(currentTerm: Term, votedFor?: string): WriteBatch {
  return { hardState: { currentTerm, votedFor }, truncateFrom: undefined, blocks: [] }
}

/** What `completed` was called with: `undefined` for success. */
export function write(storage: Storage, what: WriteBatch): Promise<Error | undefined> {
  return new Promise((resolve, reject) => {
    let calls = 0
    storage.write(what, (error) => {
      if (calls++ > 0) reject(new Error('completed was called twice'))
      resolve(error)
    })
  })
}

/** Writes, and fails the test when that fails. */
export async function written(storage: Storage, ...batches: WriteBatch[]): Promise<void> {
  for (const one of batches) {
    const error = await write(storage, one)
    if (error !== undefined) throw error
  }
}

export function text(blocks: readonly EntryBlock[]): string[] {
  return blocks.flatMap((one) =>
    [...one.entries()].map(({ payload }) => new TextDecoder().decode(payload).replace(/\.+$/, '')),
  )
}

/** Every entry of the log, read in small steps. */
export async function everything(storage: Storage, from: LogIndex = 1): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const blocks = await storage.read(from, 1_000)
    if (blocks.length === 0) return all
    all.push(...text(blocks))
    from = blocks.at(-1)!.lastIndex + 1
  }
}

export const metadata = (index: LogIndex, term: Term = 1): SnapshotMetadata => ({
  index,
  term,
  members: identity.members,
  timestamp: 5,
})

export async function* content(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk)
}

export async function contentOf(storage: Storage): Promise<string> {
  let all = ''
  for await (const chunk of (await storage.openSnapshot())!.content) all += new TextDecoder().decode(chunk)
  return all
}
