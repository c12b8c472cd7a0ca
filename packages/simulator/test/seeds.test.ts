// What is run on every change, on two cores: a fixed set of seeds, and fresh ones, whose numbers are printed.
import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { type Outcome, runJobs } from '../src/cli/pool.js'
import { LEADER_CHANGES_MEAN_MIN, Statistics } from '../src/cli/statistics.js'
import type { Job, JobResult } from '../src/cli/worker.js'

const FIXED = 300
const FRESH = 10
const THREADS = 2
/** About two minutes in all on two cores that have nothing else to do; others may have much. */
const TIMEOUT_MS = 1_800_000
/** For clusters of five under faults. CI machines share their cores: a fifth of what is promised fails the test. */
const SPEED_MIN = 20
/** What so many seeds may miss, because they meet it some six times at most: the long runs must not. */
const RARE =
  /^(disk: (hung sync|ENOSPC on create)|change of members: ERR_STOPPED|recovery: killed, and done all the same|log restarts, the next snapshot is there)$/

const statistics = new Statistics()

/** What went wrong, with the command that repeats it. */
async function runSeeds(first: number, count: number): Promise<string[]> {
  const wrong: string[] = []
  let seed = first
  const done = (outcome: Outcome<Job, JobResult>): boolean => {
    if (outcome.lost === undefined) statistics.add(outcome.result)
    const violation = outcome.lost === undefined ? outcome.result.verdict.violation : undefined
    const what = outcome.lost ?? (violation && `${violation.property}: ${violation.message}`)
    if (what !== undefined) wrong.push(`pnpm sim --seed ${outcome.job.seed}: ${what}`)
    return wrong.length >= 3
  }
  await runJobs<Job, JobResult>({
    // The built one: threads load no TypeScript.
    worker: new URL('../dist/cli/worker.js', import.meta.url),
    threads: THREADS,
    jobMsMax: TIMEOUT_MS / 3,
    heapMbMax: 1_536,
    next: () => (seed < first + count ? { seed: seed++, seconds: 60, servers: undefined } : undefined),
    done,
  })
  return wrong
}

test('fixed seeds', { timeout: TIMEOUT_MS }, async () => {
  expect(await runSeeds(1, FIXED)).toEqual([])
})

test('fresh seeds', { timeout: TIMEOUT_MS }, async () => {
  const first = randomInt(1, 2 ** 47)
  console.log(`fresh seeds: pnpm sim --seeds ${first}..${first + FRESH - 1}`)
  expect(await runSeeds(first, FRESH)).toEqual([])
})

test('they count, reach every fault and branch, and are fast', () => {
  console.log(statistics.summary(statistics.cpuMs))
  expect(statistics.seeds).toBe(FIXED + FRESH)
  expect(statistics.counting / statistics.seeds).toBeGreaterThan(0.8)
  expect(statistics.leaderChangesMean).toBeGreaterThanOrEqual(LEADER_CHANGES_MEAN_MIN)
  expect(statistics.missing.filter((name) => !RARE.test(name))).toEqual([])
  expect(statistics.speedOfFive).toBeGreaterThan(SPEED_MIN)
})
