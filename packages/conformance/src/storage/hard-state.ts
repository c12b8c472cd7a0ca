// The vote and the term: what they were told last, they say for ever. For storages whose content outlives `close`.
import { same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, vote } from './entries.js'

async function expectHardState(bench: Bench, currentTerm: number, votedFor?: string): Promise<void> {
  same((await bench.reopen()).hardState, { currentTerm, votedFor }, 'hard state, reopened')
}

export const hardState: Contract = {
  'a vote is kept': async (bench) => {
    await bench.open()
    await bench.written(vote(4, 'b'))
    await expectHardState(bench, 4, 'b')
    // Without another write in between.
    await expectHardState(bench, 4, 'b')
  },

  'a vote is kept with the entries that came with it': async (bench) => {
    await bench.open()
    await bench.written({ ...batch([block(1, 2, 4)]), hardState: { currentTerm: 4, votedFor: 'b' } })
    const { hardState, runs } = await bench.reopen()
    same(hardState, { currentTerm: 4, votedFor: 'b' }, 'hard state, reopened')
    same(runs, [{ firstIndex: 1, lastIndex: 2, term: 4 }], 'runs, reopened')
  },

  'a vote that was taken back stays taken back': async (bench) => {
    await bench.open()
    await bench.written(vote(1, 'b'), vote(2), batch([]))
    await expectHardState(bench, 2)
  },

  'a batch without a hard state leaves it as it is': async (bench) => {
    await bench.open()
    await bench.written(vote(3, 'c'), batch([block(1, 5, 3)]), batch([block(4, 1, 3)], 4), batch([], 2))
    await expectHardState(bench, 3, 'c')
  },

  'of many the last one counts, over any number of openings': async (bench) => {
    await bench.open()
    for (let term = 1; term <= 30; term++) {
      await bench.written(vote(term, `n${term}`))
      if (term % 10 === 0) await expectHardState(bench, term, `n${term}`)
    }
  },

  'a term may be as large as a number can say': async (bench) => {
    await bench.open()
    await bench.written(vote(Number.MAX_SAFE_INTEGER, 'a'), batch([block(1, 1, Number.MAX_SAFE_INTEGER)]))
    const { hardState, runs } = await bench.reopen()
    same(hardState.currentTerm, Number.MAX_SAFE_INTEGER, 'term, reopened')
    same(runs, [{ firstIndex: 1, lastIndex: 1, term: Number.MAX_SAFE_INTEGER }], 'runs, reopened')
  },
}
