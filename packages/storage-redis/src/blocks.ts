// Blocks on their way to Redis and back: the same bytes, each with its first effective index.
import { decodeBlock, type EntryBlock, type LogIndex, reframe, type WriteBatch } from '@riverraft/core'
import type { Argument } from './connection.js'
import { storageError } from './errors.js'
import { READ } from './scripts/read.js'
import type { Session } from './session.js'

/** The arguments of WRITE. */
export function batchArguments(batch: WriteBatch, last: LogIndex): Argument[] {
  const { hardState, generation = '', truncateFrom = '', restartBehind, blocks } = batch
  const args: Argument[] = [last, hardState?.currentTerm ?? '', hardState?.votedFor ?? '']
  args.push(truncateFrom, generation, restartBehind?.index ?? '', restartBehind?.term ?? '')
  for (const { block, firstIndex } of blocks) {
    const { bytes } = block
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    args.push(firstIndex, block.firstIndex, block.lastIndex, block.term, view)
  }
  return args
}

/** The blocks from the one that holds `from` on, about `bytesMax` but at least one; none beyond the end. */
export async function readBlocks(session: Session, from: LogIndex, bytesMax: number): Promise<EntryBlock[]> {
  const answer = (await session.query('read', READ, [from, bytesMax])) as Buffer[]
  const found: EntryBlock[] = []
  for (let at = 1; at < answer.length; at += 2) {
    const first = Number(answer[at]!.toString())
    // A block ends where the next one takes over, the last of the answer where the script says.
    const last = Number((answer[at + 2] ?? answer[0]!).toString()) - (at + 2 < answer.length ? 1 : 0)
    found.push(effective(answer[at + 1]!, first, last))
  }
  return found
}

/** The block of `bytes` as far as it counts: what a truncation cut off is cut off here. */
function effective(bytes: Buffer, first: LogIndex, last: LogIndex): EntryBlock {
  try {
    // In memory of its own: what the client hands out is a view of something larger.
    const block = decodeBlock(new Uint8Array(bytes))
    if (block.firstIndex > first || block.lastIndex < last) {
      throw new Error(`it holds ${block.firstIndex} to ${block.lastIndex}`)
    }
    return reframe(block, first, last)
  } catch (cause) {
    throw storageError('ERR_STORAGE_CORRUPT', `the block of ${first} to ${last} is damaged`, cause)
  }
}
