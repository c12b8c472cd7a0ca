// A snapshot that the log does not continue from: the log is given up, and restarts behind it (paper §7).
import type { LogIndex, Run, Term, WriteBatch } from '@riverraft/core'
import { hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom, restarting, stored, vote } from './entries.js'
import { chunks, expectSnapshot, metadataOf } from './snapshot-content.js'

interface History {
  readonly log: WriteBatch
  readonly index: LogIndex
  readonly term: Term
}

const NINE = batch([block(1, 4), block(5, 5)])

/** How a log can lack the snapshot's last entry. */
const HISTORIES: Record<string, History> = {
  'is empty': { log: batch([]), index: 20, term: 3 },
  'ends before it': { log: NINE, index: 20, term: 3 },
  'has another entry there': { log: NINE, index: 5, term: 3 },
  'has another entry there, its last one': { log: NINE, index: 9, term: 3 },
  'ends right before it': { log: NINE, index: 10, term: 1 },
}

async function prepared(bench: Bench, { log, index, term }: History): Promise<void> {
  await bench.open()
  await bench.written(log, vote(2, 'b'))
  await bench.storage.saveSnapshot(metadataOf(index, term), chunks('from a leader'))
}

/** Everything before is gone, now and after any number of openings. */
async function expectBehind(bench: Bench, index: LogIndex, expected: readonly string[]): Promise<void> {
  for (let times = 0; times < 2; times++) {
    await bench.always(async (storage) => {
      for (const from of [1, 5, index]) same(await storage.read(from, 1_000), [], `read(${from})`)
      same(await logFrom(storage, index + 1), expected, 'the log behind the snapshot')
    })
  }
}

function runOf(first: LogIndex, last: LogIndex, term: Term): Run[] {
  return [{ firstIndex: first, lastIndex: last, term }]
}

const byWriting: Contract = {}
const byReopening: Contract = {}
const byCompaction: Contract = {}
for (const [name, history] of Object.entries(HISTORIES)) {
  const { index, term } = history

  byWriting[`a log that ${name}: it restarts behind the snapshot`] = async (bench) => {
    await prepared(bench, history)
    await bench.written(restarting(index, term, [block(index + 1, 2, term)]))
    await expectBehind(bench, index, entries(index + 1, index + 2, term))
    if (!bench.durable) return
    const { runs, hardState } = await bench.reopen()
    same(runs, runOf(index + 1, index + 2, term), 'runs, reopened')
    same(hardState, { currentTerm: 2, votedFor: 'b' }, 'hard state, reopened')
  }

  byCompaction[`a log that ${name}: it restarts after compaction, too`] = async (bench) => {
    await prepared(bench, history)
    await bench.storage.compact(index)
    await bench.written(restarting(index, term, [block(index + 1, 2, term)]))
    await expectBehind(bench, index, entries(index + 1, index + 2, term))
    await bench.storage.compact(index)
    await bench.written(batch([block(index + 3, 1, term)]))
    await expectBehind(bench, index, entries(index + 1, index + 3, term))
  }

  for (const [compacts, what] of [
    [false, 'opening'],
    [true, 'opening after compaction'],
  ] as const) {
    byReopening[`a log that ${name}: ${what} drops it`] = async (bench) => {
      await prepared(bench, history)
      // Which replaces none of it: what it forgets is what nobody will ask for.
      if (compacts) await bench.storage.compact(index)
      for (let times = 0; times < 2; times++) {
        const { runs, snapshot, hardState, lastTimestamp } = await bench.reopen()
        same(
          { runs, snapshot, hardState, lastTimestamp },
          {
            runs: [],
            snapshot: metadataOf(index, term),
            hardState: { currentTerm: 2, votedFor: 'b' },
            lastTimestamp: 0,
          },
          'what open returns',
        )
        await expectBehind(bench, index, [])
      }
      await bench.written(vote(5, 'c'))
      same((await bench.reopen()).hardState, { currentTerm: 5, votedFor: 'c' }, 'hard state, reopened')
      await bench.written(batch([block(index + 1, 2, term)]))
      await expectBehind(bench, index, entries(index + 1, index + 2, term))
      await expectSnapshot(bench.storage, metadataOf(index, term), 'from a leader')
    }
  }
}

export const restartReopened: Contract = byReopening

export const restart: Contract = {
  ...byWriting,
  ...byCompaction,

  'in a batch that restarts the log a truncation is moot': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    for (const [index, truncateFrom] of [
      [20, 4],
      [30, 31],
      [40, 1],
      [50, 999],
    ] as const) {
      await bench.storage.saveSnapshot(metadataOf(index, 4), chunks('state'))
      const hardState = { currentTerm: index, votedFor: 'c' }
      const blocks = [stored(block(index - 1, 4, 4), index + 1)]
      await bench.written({ ...restarting(index, 4, blocks, truncateFrom), hardState })
      await expectBehind(bench, index, entries(index + 1, index + 2, 4))
      if (bench.durable) same((await bench.reopen()).hardState, hardState, 'hard state, reopened')
    }
  },

  'a log of another history that is cut below the snapshot restarts behind it': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9), block(10, 9, 2)]))
    await bench.storage.saveSnapshot(metadataOf(12, 3), chunks('state'))
    await bench.written(restarting(12, 3, [block(13, 2, 3)], 13))
    await expectBehind(bench, 12, entries(13, 14, 3))
  },

  'a log of another history that goes on beyond the snapshot restarts behind it': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9), block(10, 9, 2)]))
    await bench.storage.saveSnapshot(metadataOf(12, 3), chunks('state'))
    await bench.written(restarting(12, 3, [block(13, 2, 3)]))
    await expectBehind(bench, 12, entries(13, 14, 3))
  },

  'a restarted log is cut and grows like any other': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    const first = restarting(20, 4, [block(21, 5, 4)])
    await bench.written(first, batch([block(23, 1, 5)], 23), batch([block(21, 3, 6)], 21))
    await expectBehind(bench, 20, entries(21, 23, 6))
    await bench.storage.saveSnapshot(metadataOf(30, 7), chunks('state'))
    await bench.written(restarting(30, 7, [block(31, 1, 7)]))
    await expectBehind(bench, 30, ['31@7'])
    hasCode(await bench.write(batch([], 30)), 'ERR_STORAGE', 'a truncation before the beginning')
  },

  'a log that restarted may lack the last entry of a snapshot that was saved meanwhile, and opening drops it':
    async (bench) => {
      await bench.open()
      await bench.written(NINE)
      await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
      await bench.storage.saveSnapshot(metadataOf(23, 4), chunks('later'))
      await bench.written(restarting(20, 4, [block(21, 2, 4)]))
      same(await logFrom(bench.storage, 21), entries(21, 22, 4), 'the log')
      if (bench.durable) same((await bench.reopen()).runs, [], 'runs, reopened')
      else await bench.written(batch([block(23, 1, 4)]))
      await bench.written(batch([block(24, 1, 4)]))
      await expectBehind(bench, 20, bench.durable ? [] : entries(21, 24, 4))
      same(await logFrom(bench.storage, 24), ['24@4'], 'the log behind the later snapshot')
    },

  'a log that restarts where it ended, behind an older snapshot, keeps nothing': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(9, 3), chunks('state'))
    await bench.storage.saveSnapshot(metadataOf(11, 4), chunks('later'))
    await bench.written(restarting(9, 3, [block(10, 3, 4)]))
    await expectBehind(bench, 9, entries(10, 12, 4))
    if (bench.durable) same((await bench.reopen()).runs, runOf(10, 12, 4), 'runs, reopened')
  },

  'without a word of a restart, what begins behind a snapshot is a gap': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    hasCode(await bench.write(batch([block(21, 1, 4)])), 'ERR_STORAGE', 'a batch from 21 on')
  },

  'a log restarts only right behind what it says': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    hasCode(await bench.write(restarting(20, 4, [block(22, 1, 4)])), 'ERR_STORAGE', 'a batch from 22 on')
  },

  'a log does not restart behind what no snapshot replaces': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(5), chunks('state'))
    const beyond = restarting(6, 1, [block(7, 1)])
    hasCode(await bench.write(beyond), 'ERR_STORAGE', 'a restart behind 6')
  },

  'a log does not restart behind another entry than that of the snapshot': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    const other = restarting(20, 3, [block(21, 1, 4)])
    hasCode(await bench.write(other), 'ERR_STORAGE', 'a restart behind 20 of term 3')
  },

  'a log restarts with entries': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    hasCode(await bench.write(restarting(20, 4, [])), 'ERR_STORAGE', 'a restart with nothing')
  },

  'a log restarts in the term of the snapshot or a later one': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(20, 4), chunks('state'))
    hasCode(await bench.write(restarting(20, 4, [block(21, 1, 3)])), 'ERR_STORAGE', 'a batch of term 3')
    if (!bench.durable) return
    same((await bench.reopen()).runs, [], 'runs, reopened')
    hasCode(await bench.write(batch([block(21, 1, 3)])), 'ERR_STORAGE', 'a batch of term 3, reopened')
  },

  'a log that has the entry of the snapshot goes on': async (bench) => {
    await bench.open()
    await bench.written(NINE)
    await bench.storage.saveSnapshot(metadataOf(5), chunks('state'))
    await bench.always(async (storage) => same(await logFrom(storage), entries(1, 9), 'the log'))
    hasCode(await bench.write(batch([block(6, 1, 2)])), 'ERR_STORAGE', 'an overlap that was not declared')
    if (!bench.durable) return
    same((await bench.reopen()).runs, runOf(1, 9, 1), 'runs, reopened')
    await bench.written(batch([block(6, 1, 2)], 6))
    await bench.always(async (storage) => {
      same(await logFrom(storage), [...entries(1, 5), '6@2'], 'the log, cut behind the snapshot')
    })
  },

  'indexes may be as large as a number can say': async (bench) => {
    await bench.open()
    const [index, term] = [Number.MAX_SAFE_INTEGER - 10, Number.MAX_SAFE_INTEGER]
    await bench.storage.saveSnapshot(metadataOf(index, 3), chunks('state'))
    const blocks = [block(index + 1, 5, term), block(index + 6, 5, term)]
    await bench.written(restarting(index, 3, blocks), batch([], index + 9))
    await expectBehind(bench, index, entries(index + 1, index + 8, term))
    if (bench.durable) same((await bench.reopen()).runs, runOf(index + 1, index + 8, term), 'runs, reopened')
  },
}
