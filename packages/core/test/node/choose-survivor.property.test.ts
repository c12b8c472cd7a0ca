// What is claimed of the chosen survivor, against every history that the paper's rules allow.
// One seed again: RIVERRAFT_NODE_SEED=<seed> pnpm exec vitest run --project packages/core choose-survivor
import { expect, test } from 'vitest'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import { Ballot } from './harness/ballot.js'
import { mulberry32 } from './harness/world.js'

const { RIVERRAFT_NODE_SEED: given } = process.env
const seeds = given === undefined ? Array.from({ length: 40_000 }, (_, i) => i + 1) : [Number(given)]
const reached = { committed: 0, conflicts: 0, lostThoughSomeoneHadIt: 0, passedOver: 0 }

test('the chosen survivor has all that was committed up to the latest last term, and where it may lack more, that is told', {
  timeout: 60_000,
}, () => {
  for (const seed of seeds) check(seed)
})

function check(seed: number): void {
  const ballot = new Ballot(mulberry32(seed))
  for (let rounds = 4 + ballot.below(12); rounds > 0; rounds--) ballot.round()
  for (const one of ballot.servers)
    for (const other of ballot.servers) if (one.id < other.id) checkSurvivors(seed, ballot, [one, other])
}

function checkSurvivors(seed: number, ballot: Ballot, survivors: Ballot['servers']): void {
  const { id, conflicts } = chooseSurvivor(survivors.map((server) => ballot.report(server)))
  const chosen = survivors.find((server) => server.id === id)!
  const latest = Math.max(...survivors.map(({ log }) => log.at(-1) ?? 0))
  if (chosen.log.at(-1) !== latest && latest > 0) reached.passedOver++
  reached.conflicts += conflicts.length
  for (const [i, entry] of ballot.committed.entries()) {
    reached.committed++
    const others = survivors.filter(({ log }) => log[i] === entry.term)
    if (others.length === 0 || chosen.log[i] === entry.term) continue
    const where = `seed ${seed}: entry ${i + 1} of term ${entry.term}, committed in term ${entry.in}`
    reached.lostThoughSomeoneHadIt++
    expect(entry.in, `${where}, is lost`).toBeGreaterThan(latest)
    for (const other of others) {
      expect(other.snapshotIndex, `${where}, known to ${other.id}`).toBeLessThanOrEqual(i)
      const told = conflicts.find((conflict) => conflict.id === other.id)
      expect(told?.fromIndex, `${where}, of ${other.id}, not told`).toBeLessThanOrEqual(i + 1)
    }
  }
}

test.skipIf(given !== undefined)('the histories have reached what they are for', () => {
  for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(0)
})
