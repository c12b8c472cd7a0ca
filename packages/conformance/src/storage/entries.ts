// Blocks whose entries tell their own index and term, so that what is read back speaks for itself.
import {
  type BlockHeader,
  decodeBlock,
  type Entry,
  type EntryBlock,
  EntryKind,
  encodeBlock,
  type LogIndex,
  type Storage,
  type StoredBlock,
  type Term,
  type WriteBatch,
} from '@riverraft/core'
import { check } from '../assert.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** What a block may have besides its entries. */
export interface BlockOptions extends Partial<BlockHeader> {
  /** Bytes of each payload, at least. */
  readonly padding?: number
}

/** A block of `count` commands. Its timestamp follows its first index. */
export function block(
  firstIndex: LogIndex,
  count: number,
  term: Term = 1,
  { padding = 0, ...header }: BlockOptions = {},
): EntryBlock {
  const entries: Entry[] = []
  for (let i = 0; i < count; i++) {
    entries.push({
      kind: EntryKind.Command,
      payload: encoder.encode(`${firstIndex + i}@${term}`.padEnd(padding, '.')),
    })
  }
  return encodeBlock({ firstIndex, term, timestamp: timestampOf(firstIndex), ...header }, entries)
}

/** Of a block that begins at `index`. */
export function timestampOf(index: LogIndex): number {
  return 1_000 + (index % 2 ** 40)
}

/** 'first@term' to 'last@term': what the entries of `block` say. */
export function entries(first: LogIndex, last: LogIndex, term: Term = 1): string[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => `${first + at}@${term}`)
}

export function stored(whole: EntryBlock, firstIndex: LogIndex = whole.firstIndex): StoredBlock {
  return { block: whole, firstIndex }
}

/** A batch without a hard state. */
export function batch(blocks: readonly (EntryBlock | StoredBlock)[], truncateFrom?: LogIndex): WriteBatch {
  const all = blocks.map((one) => ('block' in one ? one : stored(one)))
  return { hardState: undefined, truncateFrom, blocks: all }
}

/** A batch with which the log restarts behind the entry of `index`. */
export function restarting(
  index: LogIndex,
  term: Term,
  blocks: readonly (EntryBlock | StoredBlock)[],
  truncateFrom?: LogIndex,
): WriteBatch {
  return { ...batch(blocks, truncateFrom), restartBehind: { index, term } }
}

/** A batch of a hard state alone. */
export function vote(currentTerm: Term, votedFor?: string): WriteBatch {
  return { hardState: { currentTerm, votedFor }, truncateFrom: undefined, blocks: [] }
}

export function textOf(blocks: readonly EntryBlock[]): string[] {
  return blocks.flatMap((one) =>
    [...one.entries()].map(({ payload }) => decoder.decode(payload).replace(/\.+$/, '')),
  )
}

/** One read, held against everything that every read must keep. */
export async function readChecked(
  storage: Storage,
  from: LogIndex,
  bytesMax: number,
): Promise<readonly EntryBlock[]> {
  const blocks = await storage.read(from, bytesMax)
  const what = `read(${from}, ${bytesMax})`
  let bytes = 0
  for (const [i, one] of blocks.entries()) {
    if (i === 0) {
      const holds = one.firstIndex <= from && from <= one.lastIndex
      check(holds, `${what}: the first block holds ${one.firstIndex} to ${one.lastIndex}`)
    } else {
      const before = blocks[i - 1]!.lastIndex
      check(
        one.firstIndex === before + 1,
        `${what}: a block from ${one.firstIndex} on stands after ${before}`,
      )
    }
    try {
      decodeBlock(one.bytes)
    } catch (error) {
      throw new Error(`${what}: the block from ${one.firstIndex} on is not valid`, { cause: error })
    }
    bytes += one.byteLength
  }
  check(blocks.length <= 1 || bytes <= bytesMax, `${what}: ${blocks.length} blocks of ${bytes} bytes`)
  return blocks
}

/** Every entry from `from` on, by as many reads as it takes. */
export async function logFrom(storage: Storage, from: LogIndex = 1, bytesMax = 100_000): Promise<string[]> {
  const found: string[] = []
  for (let next = from; ; ) {
    const blocks = await readChecked(storage, next, bytesMax)
    if (blocks.length === 0) return found
    found.push(...textOf(blocks).slice(next - blocks[0]!.firstIndex))
    next = blocks.at(-1)!.lastIndex + 1
  }
}
