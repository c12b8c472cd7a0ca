// Batches that do not fit the log: refused as a whole, and after that nothing is believed.
import type { WriteBatch } from '@riverraft/core'
import { failsWith, hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { isUnusable } from './closing.js'
import { batch, block, entries, logFrom, stored } from './entries.js'

/** Each meets a log of the entries 1 to 6, of term 2. Blocks that would fit stand before what is wrong. */
const WRONG: Record<string, WriteBatch> = {
  'a gap': batch([block(8, 1, 2)]),
  'a gap inside the batch': batch([block(7, 1, 2), block(9, 1, 2)]),
  'an overlap that was not declared': batch([block(5, 4, 2)]),
  'an overlap inside the batch': batch([block(7, 2, 2), block(8, 2, 2)]),
  'a gap behind its own truncation': batch([block(7, 1, 3)], 5),
  'a first effective index before its block': batch([stored(block(8, 2, 2), 7)]),
  'a first effective index behind its block': batch([stored(block(5, 2, 2), 7)]),
  'a truncation beyond the end': batch([], 8),
  'a truncation before the beginning': batch([], 0),
  'a term that goes back': batch([block(7, 1, 1)]),
  'a term that goes back inside the batch': batch([block(7, 1, 3), block(8, 1, 2)]),
  'a term that goes back behind its own truncation': batch([block(4, 1, 1)], 4),
}

export const wrongBatches: Contract = Object.fromEntries(
  Object.entries(WRONG).map(([name, wrong]) => [
    `a wrong batch, ${name}: refused as a whole, and the storage is poisoned`,
    (bench: Bench) => refused(bench, wrong),
  ]),
)

async function refused(bench: Bench, wrong: WriteBatch): Promise<void> {
  await bench.open()
  const before = { currentTerm: 2, votedFor: 'a' }
  await bench.written({ ...batch([block(1, 3, 2), block(4, 3, 2)]), hardState: before })
  const hardState = { currentTerm: 9, votedFor: 'c' }
  hasCode(await bench.write({ ...wrong, hardState }), 'ERR_STORAGE', 'the wrong batch')
  await poisoned(bench)
  if (!bench.durable) return
  const { runs, hardState: kept } = await bench.reopen()
  same(kept, before, 'hard state, in another instance')
  same(runs, [{ firstIndex: 1, lastIndex: 6, term: 2 }], 'runs, in another instance')
  same(await logFrom(bench.storage), entries(1, 6, 2), 'the log, in another instance')
}

/** Nothing works any more, and closing does not fail. */
export async function poisoned(bench: Bench): Promise<void> {
  const { storage } = bench
  await isUnusable(bench, storage, 'when poisoned')
  await storage.close()
  await failsWith('ERR_STORAGE', () => bench.open(), 'open of a poisoned instance')
}
