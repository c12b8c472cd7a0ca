// Compaction: the log's beginning goes, never beyond the snapshot that replaces it, and never its end.
import type { LogIndex } from '@riverraft/core'
import { check, hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom } from './entries.js'
import { chunks, expectSnapshot, metadataOf } from './snapshot-content.js'

/** From `kept` on the log is as expected; what is before it is right, or gone. */
async function expectKept(bench: Bench, kept: LogIndex, expected: readonly string[]): Promise<void> {
  await bench.always(async (storage) => {
    same(await logFrom(storage, kept), expected, `the log from ${kept} on`)
    for (let from = 1; from < kept; from++) {
      const found = await logFrom(storage, from)
      const right = found.length === 0 || found.at(-1) === expected.at(-1)
      check(right && (found.length === 0 || found[0]!.startsWith(`${from}@`)), `read(${from}): ${found[0]}`)
    }
  })
}

async function nine(bench: Bench): Promise<void> {
  await bench.open()
  for (const first of [1, 4, 7]) await bench.written(batch([block(first, 3)]))
}

export const compaction: Contract = {
  'without a snapshot nothing goes': async (bench) => {
    await nine(bench)
    await bench.storage.compact(9)
    await bench.always(async (storage) => same(await logFrom(storage), entries(1, 9), 'the log'))
  },

  'it ends at the snapshot, whatever is asked': async (bench) => {
    await nine(bench)
    await bench.storage.saveSnapshot(metadataOf(5), chunks('state'))
    for (const through of [0, 2, 9, Number.MAX_SAFE_INTEGER]) {
      await bench.storage.compact(through)
      await expectKept(bench, Math.min(through, 5) + 1, entries(Math.min(through, 5) + 1, 9))
    }
    if (!bench.durable) return
    const { runs } = await bench.reopen()
    check(runs.length === 1 && runs[0]!.firstIndex <= 6, `open: the log begins at ${runs[0]?.firstIndex}`)
    same(runs[0]!.lastIndex, 9, 'the end of the log, reopened')
  },

  'of all there is leaves a log that goes on where it ended': async (bench) => {
    await nine(bench)
    await bench.storage.saveSnapshot(metadataOf(9), chunks('state'))
    await bench.storage.compact(9)
    if (bench.durable) {
      const { runs, snapshot } = await bench.reopen()
      check(runs.length === 0 || runs.at(-1)!.lastIndex === 9, 'open: the log does not end at 9')
      same(snapshot, metadataOf(9), 'the snapshot, reopened')
    }
    await bench.written(batch([block(10, 2, 2)]))
    await expectKept(bench, 10, entries(10, 11, 2))
  },

  'a compacted log still knows the term it ends in': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 3, 4)]))
    await bench.storage.saveSnapshot(metadataOf(3, 4), chunks('state'))
    await bench.storage.compact(3)
    if (bench.durable) await bench.reopen()
    hasCode(await bench.write(batch([block(4, 1, 3)])), 'ERR_STORAGE', 'a batch of an earlier term')
  },

  'a compacted log can be cut back to the snapshot, and grows again': async (bench) => {
    await nine(bench)
    await bench.storage.saveSnapshot(metadataOf(6), chunks('state'))
    await bench.storage.compact(6)
    await bench.written(batch([block(7, 1, 2)], 7))
    await expectKept(bench, 7, ['7@2'])
    await bench.written(batch([], 7), batch([block(7, 2, 3)]))
    await expectKept(bench, 7, entries(7, 8, 3))
  },

  'again and again, with what is written in between': async (bench) => {
    await bench.open()
    for (let first = 1; first < 200; first += 10) {
      const term = Math.ceil(first / 40)
      await bench.written(batch([block(first, 10, term, { padding: 200 })]))
      await bench.storage.saveSnapshot(metadataOf(first + 4, term), chunks(`at ${first + 4}`))
      await bench.storage.compact(first + 4)
      same(await logFrom(bench.storage, first + 5), entries(first + 5, first + 9, term), 'the log')
    }
    await expectKept(bench, 196, entries(196, 200, 5))
    await expectSnapshot(bench.storage, metadataOf(195, 5), 'at 195')
  },

  'it may be asked for many times at once, beside writes and reads': async (bench) => {
    await bench.open()
    for (let first = 1; first < 100; first += 10)
      await bench.written(batch([block(first, 10, 1, { padding: 200 })]))
    await bench.storage.saveSnapshot(metadataOf(95), chunks('state'))
    const reading = [1, 50].map(async (from) => {
      const found = await logFrom(bench.storage, from)
      check(found.length === 0 || found[0] === `${from}@1`, `read(${from}) beside compaction: ${found[0]}`)
    })
    const compacting = [30, 95, 60, 95].map((through) => bench.storage.compact(through))
    await bench.written(batch([block(101, 5)]), batch([block(103, 2, 2)], 103))
    await Promise.all([...compacting, ...reading])
    await expectKept(bench, 96, [...entries(96, 102), ...entries(103, 104, 2)])
  },
}
