// Writes that the place refuses: reported, never retried, and after that nothing is believed.
import type { StoredState } from '@riverraft/core'
import { check, failsWith, hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom, vote } from './entries.js'
import type { FailingPlace } from './place.js'
import { bytes, chunks, expectSnapshot, metadataOf } from './snapshot-content.js'
import { poisoned } from './wrong-batches.js'

async function nine(bench: Bench<FailingPlace>): Promise<void> {
  await bench.open()
  await bench.written(vote(2, 'a'))
  for (const first of [1, 4, 7]) await bench.written(batch([block(first, 3)]))
}

async function mended(bench: Bench<FailingPlace>): Promise<StoredState> {
  await bench.place.mend()
  return bench.reopen()
}

export const failures: Contract<FailingPlace> = {
  'a write that fails is told, and poisons': async (bench) => {
    await nine(bench)
    await bench.place.failWrites()
    const hardState = { currentTerm: 3, votedFor: 'b' }
    hasCode(await bench.write({ ...batch([block(10, 2)]), hardState }), 'ERR_STORAGE', 'the write that fails')
    await bench.place.mend()
    await poisoned(bench)
    const { hardState: kept, runs } = await mended(bench)
    const happened = kept.currentTerm === 3
    same(kept, happened ? hardState : { currentTerm: 2, votedFor: 'a' }, 'hard state, in another instance')
    same(runs, [{ firstIndex: 1, lastIndex: happened ? 11 : 9, term: 1 }], 'runs, in another instance')
    const last = runs[0]!.lastIndex
    await bench.written(batch([block(last + 1, 1, 4)]))
    same(await logFrom(bench.storage), [...entries(1, last), `${last + 1}@4`], 'the log, mended')
  },

  'a vote whose write fails is not believed': async (bench) => {
    await nine(bench)
    await bench.place.failWrites()
    hasCode(await bench.write(vote(3, 'b')), 'ERR_STORAGE', 'the write that fails')
    const { currentTerm } = (await mended(bench)).hardState
    check(currentTerm === 2 || currentTerm === 3, `term ${currentTerm}, mended`)
    await bench.written(vote(4, 'c'))
    same((await bench.reopen()).hardState, { currentTerm: 4, votedFor: 'c' }, 'hard state, mended')
  },
}

export const snapshotFailures: Contract<FailingPlace> = {
  'a snapshot that the place refuses leaves the one before it, and poisons': async (bench) => {
    await nine(bench)
    await bench.storage.saveSnapshot(metadataOf(2), chunks('whole'))
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks(bytes(100, 1))
      await bench.place.failWrites()
      yield* chunks(bytes(1_500_000, 2))
    }
    const saving = (): Promise<void> => bench.storage.saveSnapshot(metadataOf(5), failing())
    await failsWith('ERR_STORAGE', saving, 'the snapshot that fails')
    await bench.place.mend()
    await poisoned(bench)
    same((await mended(bench)).snapshot, metadataOf(2), 'the snapshot, in another instance')
    await expectSnapshot(bench.storage, metadataOf(2), 'whole')
    same(await logFrom(bench.storage), entries(1, 9), 'the log, in another instance')
  },

  'a snapshot that is being saved ends when a write fails beside it': async (bench) => {
    await nine(bench)
    let begin!: () => void
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield* chunks('half')
      begin()
      await new Promise(() => {})
    }
    const saving = bench.storage.saveSnapshot(metadataOf(5), endless())
    const settled = failsWith('ERR_STORAGE', () => saving, 'the snapshot beside the write that fails')
    await begun
    await bench.place.failWrites()
    hasCode(await bench.write(batch([block(10, 2)])), 'ERR_STORAGE', 'the write that fails')
    await settled
    same((await mended(bench)).snapshot, undefined, 'the snapshot, in another instance')
  },
}
