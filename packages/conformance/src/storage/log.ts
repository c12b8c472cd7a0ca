// The log: blocks in, the same blocks out, less what was cut off.
import { EntryBlock } from '@riverraft/core'
import { check, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom, readChecked, stored } from './entries.js'

/** The log from its first entry on, now and after reopening. */
async function expectLog(bench: Bench, expected: readonly string[]): Promise<void> {
  await bench.always(async (storage) => {
    same(await logFrom(storage), expected, 'the log')
    same(await logFrom(storage, 1, 1), expected, 'the log, read block by block')
  })
}

export const log: Contract = {
  'a block comes back as the very bytes that were written': async (bench) => {
    await bench.open()
    const blocks = [block(1, 3), block(4, 2, 2, { sessionId: 9, firstSequence: 4, acknowledgedBelow: 2 })]
    await bench.written(batch(blocks))
    await bench.always(async (storage) => {
      const bytes = (await readChecked(storage, 1, 1_000_000)).map((one) => one.bytes)
      same(
        bytes,
        blocks.map((one) => one.bytes),
        'the blocks',
      )
    })
  },

  'a block that is a view of a large buffer is stored as the block alone': async (bench) => {
    await bench.open()
    const { bytes } = block(1, 2)
    const buffer = new Uint8Array(100_000).fill(0xff)
    buffer.set(bytes, 5_000)
    await bench.written(batch([new EntryBlock(buffer.subarray(5_000, 5_000 + bytes.length))]))
    await bench.always(async (storage) => {
      same((await readChecked(storage, 1, 1_000))[0]?.bytes, bytes, 'the block')
    })
  },

  'several blocks of several terms in one batch are one log': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 3, 1), block(4, 1, 1), block(5, 2, 4), block(7, 2, 9)]))
    await expectLog(bench, [...entries(1, 4, 1), ...entries(5, 6, 4), ...entries(7, 8, 9)])
    if (!bench.durable) return
    const runs = [
      { firstIndex: 1, lastIndex: 4, term: 1 },
      { firstIndex: 5, lastIndex: 6, term: 4 },
      { firstIndex: 7, lastIndex: 8, term: 9 },
    ]
    same((await bench.reopen()).runs, runs, 'runs, reopened')
  },

  'an empty batch, and one of a hard state alone, are writes like any other': async (bench) => {
    await bench.open()
    const hardState = { currentTerm: 3, votedFor: 'b' }
    await bench.written(batch([]), { ...batch([]), hardState }, batch([block(1, 2)]), batch([]))
    await expectLog(bench, entries(1, 2))
  },

  'a block counts from its first effective index on': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 3)]), batch([stored(block(2, 4), 4), stored(block(4, 4), 6)]))
    await expectLog(bench, entries(1, 7))
    const [cut] = await readChecked(bench.storage, 4, 1)
    same([cut?.firstIndex, cut?.lastIndex], [4, 5], 'what the block from 4 on holds')
  },

  'a block cut at both ends is re-framed, its session with it': async (bench) => {
    await bench.open()
    const session = { sessionId: 5, firstSequence: 100, acknowledgedBelow: 90 }
    await bench.written(batch([block(1, 3)]), batch([stored(block(2, 7, 1, session), 4)]), batch([], 7))
    await expectLog(bench, entries(1, 6))
    const [cut] = await readChecked(bench.storage, 5, 1)
    const { firstIndex, lastIndex, sessionId, firstSequence, acknowledgedBelow } = cut!
    same(
      { firstIndex, lastIndex, sessionId, firstSequence, acknowledgedBelow },
      { firstIndex: 4, lastIndex: 6, sessionId: 5, firstSequence: 102, acknowledgedBelow: 90 },
      'the header of the cut block',
    )
  },

  'one block may be large, and blocks may be many': async (bench) => {
    await bench.open()
    const large = block(1, 20, 1, { padding: 60_000 })
    await bench.written(batch([large]))
    for (let first = 21; first < 1_021; first += 50) {
      await bench.written(batch(Array.from({ length: 50 }, (_, i) => block(first + i, 1))))
    }
    await bench.always(async (storage) => {
      same(
        (await readChecked(storage, 20, 1))[0]?.bytes.length,
        large.byteLength,
        'length of the large block',
      )
      same(await logFrom(storage), entries(1, 1_020), 'the log')
    })
  },
}

export const truncation: Contract = {
  'a truncation inside a block leaves the entries before it': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 5)]), batch([block(3, 2, 2)], 3))
    await expectLog(bench, ['1@1', '2@1', '3@2', '4@2'])
    if (!bench.durable) return
    const runs = [
      { firstIndex: 1, lastIndex: 2, term: 1 },
      { firstIndex: 3, lastIndex: 4, term: 2 },
    ]
    same((await bench.reopen()).runs, runs, 'runs, reopened')
  },

  'a truncation between two blocks leaves the first as it was': async (bench) => {
    await bench.open()
    const first = block(1, 3)
    await bench.written(batch([first, block(4, 3), block(7, 2, 2)]), batch([block(4, 1, 3)], 4))
    await expectLog(bench, [...entries(1, 3), '4@3'])
    same((await readChecked(bench.storage, 1, 1))[0]?.bytes, first.bytes, 'the first block')
  },

  'a truncation without new blocks is the end of the log, and of its time': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 2), block(3, 3), block(6, 2, 2)]), batch([], 5))
    await expectLog(bench, entries(1, 4))
    if (!bench.durable) return
    const { runs, lastTimestamp } = await bench.reopen()
    same(runs, [{ firstIndex: 1, lastIndex: 4, term: 1 }], 'runs, reopened')
    same(lastTimestamp, block(3, 1).timestamp, 'the last timestamp, reopened')
  },

  'everything can be truncated, and the log begins anew': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 3), block(4, 3)]), batch([], 1))
    await expectLog(bench, [])
    await bench.written(batch([block(1, 2, 2)]), batch([block(1, 1, 3)], 1))
    await expectLog(bench, ['1@3'])
  },

  'a truncation right behind the end changes nothing': async (bench) => {
    await bench.open()
    await bench.written(batch([], 1), batch([block(1, 3)]), batch([], 4), batch([block(4, 1)], 4))
    await expectLog(bench, entries(1, 4))
  },

  'truncated again and again, each time inside what was left': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 20)]))
    let expected = entries(1, 20)
    for (let term = 2; term < 8; term++) {
      const from = 22 - 3 * term
      await bench.written(batch([block(from, 2, term), block(from + 2, 3, term)], from))
      expected = [...expected.slice(0, from - 1), ...entries(from, from + 4, term)]
      await expectLog(bench, expected)
    }
  },

  'truncation, blocks and hard state are one batch': async (bench) => {
    await bench.open()
    const hardState = { currentTerm: 6, votedFor: 'c' }
    await bench.written(batch([block(1, 6)]))
    const blocks = [stored(block(3, 3, 6), 4), stored(block(6, 2, 6))]
    await bench.written({ hardState, truncateFrom: 4, blocks })
    await expectLog(bench, [...entries(1, 3), ...entries(4, 7, 6)])
    if (bench.durable) same((await bench.reopen()).hardState, hardState, 'hard state, reopened')
  },

  'what was cut off does not come back under what follows': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 10)]), batch([], 4))
    await bench.always(async (storage) => same(await storage.read(4, 1_000), [], 'read(4) after the cut'))
    await bench.written(batch([block(4, 1, 2)]))
    await expectLog(bench, [...entries(1, 3), '4@2'])
    await bench.always(async (storage) => {
      check((await storage.read(5, 1_000)).length === 0, 'read(5): the log ends at 4')
    })
  },
}
