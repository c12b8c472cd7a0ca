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

export const identity: StorageIdentity = {
  clusterId: 'orders',
  nodeId: 'a',
  members: [{ id: 'a', address: 'a', role: 'voter' }],
  incarnation: '00112233445566ff',
}

/** A block of `count` commands, each telling its index and term. */
export function block(firstIndex: LogIndex, count: number, term: Term = 1, timestamp = 1_000): EntryBlock {
  const entries: Entry[] = []
  for (let index = firstIndex; index < firstIndex + count; index++) {
    entries.push({ kind: EntryKind.Command, payload: new TextEncoder().encode(`${index}@${term}`) })
  }
  return encodeBlock({ firstIndex, term, timestamp }, entries)
}

export function stored(whole: EntryBlock, firstIndex: LogIndex = whole.firstIndex): StoredBlock {
  return { block: whole, firstIndex }
}

export function batch(blocks: readonly StoredBlock[], truncateFrom?: LogIndex): WriteBatch {
  return { hardState: undefined, truncateFrom, blocks }
}

/** What `completed` was called with: `undefined` for success. */
export function write(storage: Storage, what: WriteBatch): Promise<Error | undefined> {
  return new Promise((resolve) => storage.write(what, resolve))
}

export function text(blocks: readonly EntryBlock[]): string[] {
  return blocks.flatMap((one) => [...one.entries()].map(({ payload }) => new TextDecoder().decode(payload)))
}

/** Every entry from `from` on, by as many reads as it takes. */
export async function wholeLog(storage: Storage, from: LogIndex = 1, bytesMax = 100_000): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const blocks = await storage.read(from + found.length, bytesMax)
    if (blocks.length === 0) return found
    found.push(...text(blocks).slice(from + found.length - blocks[0]!.firstIndex))
  }
}

/** 'first@term' to 'last@term'. */
export function entries(first: LogIndex, last: LogIndex, term: Term = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}@${term}`)
}

export function snapshotOf(index: LogIndex, term: Term = 1): SnapshotMetadata {
  return { index, term, members: identity.members, timestamp: 5 }
}

export async function* content(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield new TextEncoder().encode(chunk)
}

export async function contentOf(from: Storage): Promise<string> {
  let all = ''
  for await (const chunk of (await from.openSnapshot())!.content) all += new TextDecoder().decode(chunk)
  return all
}
