// Snapshots as the suite makes them: content that can be told apart, in chunks of any size.
import type { LogIndex, SnapshotMetadata, Storage, Term } from '@riverraft/core'
import { check, same } from '../assert.js'
import { IDENTITY } from './bench.js'

export function metadataOf(index: LogIndex, term: Term = 1): SnapshotMetadata {
  return { index, term, members: IDENTITY.members, timestamp: 1_000 + (index % 2 ** 40) }
}

/** Each part a chunk. */
export async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part
}

/** What a chunk's maker does with its memory once the next one is asked for. */
export async function* reused(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.max(0, ...parts.map(({ length }) => length)))
  for (const part of parts) {
    buffer.set(part)
    yield buffer.subarray(0, part.length)
    buffer.fill(0xee)
  }
}

/** `length` bytes that do not repeat in any short period. */
export function bytes(length: number, seed: number): Uint8Array {
  const made = new Uint8Array(length)
  for (let i = 0, state = seed | 1; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    made[i] = state >>> 24
  }
  return made
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The newest snapshot is this one, with this content. */
export async function expectSnapshot(
  storage: Storage,
  metadata: SnapshotMetadata,
  content: string | Uint8Array,
): Promise<void> {
  const opened = await storage.openSnapshot()
  check(opened !== undefined, `openSnapshot: there is none, expected the one of ${metadata.index}`)
  same(opened.metadata, metadata, 'metadata of the newest snapshot')
  const found = await collect(opened.content)
  const expected = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const what = `content of the snapshot of ${metadata.index}`
  same(found.length, expected.length, `length of the ${what}`)
  const wrong = found.findIndex((byte, at) => byte !== expected[at])
  check(wrong < 0, `${what}: byte ${wrong} is ${found[wrong]}, expected ${expected[wrong]}`)
}
