// What counts, and what is told of many seeds.
import { expect, test } from 'vitest'
import { registersRun } from '../../src/cli/registers-run.js'
import { counts, Statistics } from '../../src/cli/statistics.js'
import { runSeed } from '../../src/index.js'
import { faultsOf } from '../../src/runner/faults.js'

test('a seed counts with enough time, operations and faults, and rest at its end', {
  timeout: 60_000,
}, async () => {
  const verdict = await runSeed(registersRun({ seed: 1 }))
  expect(verdict.violation).toBeUndefined()
  const enough = { ...verdict, simulatedMs: 60_000, operations: 500, faultKinds: 3 }
  expect(counts(enough)).toBe(true)
  expect(counts({ ...enough, simulatedMs: 59_999 })).toBe(false)
  expect(counts({ ...enough, operations: 499 })).toBe(false)
  expect(counts({ ...enough, faultKinds: 2 })).toBe(false)
  const violation = { property: 'liveness', message: 'no leader', atMs: 60_000 }
  expect(counts({ ...enough, violation })).toBe(false)

  const statistics = new Statistics()
  statistics.add({ verdict: { ...enough, leaderChanges: 5 }, cpuMs: 100 })
  statistics.add({ verdict: { ...enough, leaderChanges: 8 }, cpuMs: 100 })
  statistics.add({ verdict: { ...enough, leaderChanges: 1_000, operations: 3, violation }, cpuMs: 100 })
  expect(statistics.leaderChangesMean).toBe(6.5)
  const summary = statistics.summary(9_000)
  expect(summary).toMatch(/^9 s: 3 seeds, 0\.05 hours simulated, \d+ faults, 1 violations\n {2}2 seeds count/)
  expect(summary).toContain('6.5 leader changes')
  expect(summary).toContain('600 simulated seconds per cpu second')
})

test('a fault is counted once, not again with what follows from it', () => {
  const coverage = new Map([
    ['nemesis: crash', 2],
    ['disk: power lost', 2],
    ['crash before send', 1],
    ['network: drop', 7],
    ['network: lost in a partition', 90],
    ['BecameLeader', 4],
  ])
  expect([...faultsOf(coverage)]).toEqual([
    ['nemesis: crash', 2],
    ['network: drop', 7],
  ])
})
