// The cluster generation: raised once a lost quorum was recovered, and never forgotten, or its old members would be let in
// again.
import type { WriteBatch } from '@riverraft/core'
import { check, same } from '../assert.js'
import { type Bench, type Contract, IDENTITY } from './bench.js'
import { batch, block, vote } from './entries.js'
import type { PowerPlace } from './place.js'
import { chunks, metadataOf } from './snapshot-content.js'

export const generation: Contract = {
  'a storage is formatted in the generation it is told': async (bench) => {
    same((await bench.open({ ...IDENTITY, generation: 3 })).generation, 3, 'generation')
    if (!bench.durable) return
    for (const time of ['once', 'twice'])
      same((await bench.reopen()).generation, 3, `generation, reopened ${time}`)
  },
}

/** For storages whose content outlives `close`. */
export const generationKept: Contract = {
  'a generation is kept, with what came with it': async (bench) => {
    await bench.open()
    const hardState = { currentTerm: 4, votedFor: 'b' }
    await bench.written({ ...batch([block(1, 2, 4)]), hardState, generation: 1 })
    for (const time of ['once', 'twice']) {
      const { generation, hardState: kept, runs } = await bench.reopen()
      same(generation, 1, `generation, reopened ${time}`)
      same(kept, hardState, `hard state, reopened ${time}`)
      same(runs, [{ firstIndex: 1, lastIndex: 2, term: 4 }], `runs, reopened ${time}`)
    }
  },

  'a generation that comes alone leaves term and vote as they are': async (bench) => {
    await bench.open()
    await bench.written(vote(4, 'b'), { ...batch([]), generation: 2 })
    const { generation, hardState } = await bench.reopen()
    same(generation, 2, 'generation, reopened')
    same(hardState, { currentTerm: 4, votedFor: 'b' }, 'hard state, reopened')
  },

  'a batch without a generation leaves it as it is, over any number of openings': async (bench) => {
    await bench.open({ ...IDENTITY, generation: 1 })
    await bench.written({ ...vote(1, 'a'), generation: Number.MAX_SAFE_INTEGER })
    for (let term = 2; term < 6; term++) {
      const first = 1 + 3 * (term - 2)
      await bench.written(vote(term, 'c'), batch([block(first, 5, term)]), batch([], first + 3))
      if (term === 4 && bench.keepsSnapshots) {
        await bench.storage.saveSnapshot(metadataOf(6, 3), chunks('state'))
        await bench.storage.compact(6)
      }
      same((await bench.reopen()).generation, Number.MAX_SAFE_INTEGER, `generation in term ${term}`)
    }
  },
}

/** What a batch of the suite leaves: each raises the generation, the term and the log together. */
interface Kept {
  readonly generation: number
  readonly currentTerm: number
  readonly last: number
}

function following({ generation, last }: Kept): { batch: WriteBatch; after: Kept } {
  const after = { generation: generation + 1, currentTerm: generation + 2, last: last + 2 }
  const hardState = { currentTerm: after.currentTerm, votedFor: undefined }
  const blocks = [block(last + 1, 2, after.currentTerm)]
  return { batch: { ...batch(blocks), hardState, generation: after.generation }, after }
}

async function lostAndFound(bench: Bench<PowerPlace>): Promise<Kept> {
  await bench.place.losePower()
  const { generation, hardState, runs } = await bench.bootAgain()
  return { generation, currentTerm: hardState.currentTerm, last: runs.at(-1)?.lastIndex ?? 0 }
}

export const generationPower: Contract<PowerPlace> = {
  'a generation is there with its whole batch, or none of it is': async (bench) => {
    await bench.open()
    let before: Kept = { generation: 0, currentTerm: 0, last: 0 }
    for (let ticks = 0; ticks < 300 && before.generation < 5; ticks += 1 + Math.floor(ticks / 10)) {
      const { batch, after } = following(before)
      let completed = false
      void bench.write(batch).then(() => {
        completed = true
      })
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      const wasCompleted = completed
      const found = await lostAndFound(bench)
      const happened = found.generation === after.generation
      check(happened || !wasCompleted, `the write was completed after ${ticks} ticks, and is gone`)
      same(found, happened ? after : before, `what is there, the power lost after ${ticks} ticks`)
      before = found
    }
    const { batch, after } = following(before)
    await bench.written(batch)
    same(await lostAndFound(bench), after, 'what is there, the power lost after the write')
  },
}
