import {
  type Entry,
  type EntryBlock,
  EntryKind,
  encodeBlock,
  type LogIndex,
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
export function block(firstIndex: LogIndex, count: number, term: Term = 1): EntryBlock {
  const entries: Entry[] = []
  for (let index = firstIndex; index < firstIndex + count; index++) {
    entries.push({ kind: EntryKind.Command, payload: new TextEncoder().encode(`${index}@${term}`) })
  }
  return encodeBlock({ firstIndex, term, timestamp: 1_000 }, entries)
}

export function stored(whole: EntryBlock, firstIndex: LogIndex = whole.firstIndex): StoredBlock {
  return { block: whole, firstIndex }
}

export function batch(blocks: readonly StoredBlock[], truncateFrom?: LogIndex): WriteBatch {
  return { hardState: undefined, truncateFrom, blocks }
}

/** What `completed` was called with: `undefined` for success. Fails when it was not called exactly once. */
export function write(storage: Storage, what: WriteBatch): Error | undefined {
  const calls: (Error | undefined)[] = []
  storage.write(what, (error) => calls.push(error))
  if (calls.length !== 1) throw new Error(`completed was called ${calls.length} times before write returned`)
  return calls[0]
}

export function text(blocks: readonly EntryBlock[]): string[] {
  return blocks.flatMap((one) => [...one.entries()].map(({ payload }) => new TextDecoder().decode(payload)))
}
