// No job disappears in silence: a thread that dies, or never answers, is told with its reason.
import { expect, test } from 'vitest'
import { type Outcome, type Pool, runJobs } from '../../src/cli/pool.js'

interface Job {
  readonly number: number
  readonly dies?: 'exit' | 'exception' | 'rejection' | 'memory' | 'never'
}

const worker = new URL('./mortal-worker.mjs', import.meta.url)

async function outcomesOf(
  jobs: readonly Job[],
  changed: Partial<Pool<Job, number>> = {},
): Promise<Outcome<Job, number>[]> {
  const queue = [...jobs]
  const outcomes: Outcome<Job, number>[] = []
  await runJobs<Job, number>({
    worker,
    threads: 2,
    jobMsMax: 60_000,
    heapMbMax: 64,
    next: () => queue.shift(),
    done: (outcome) => outcomes.push(outcome) < 0,
    ...changed,
  })
  return outcomes.sort((a, b) => a.job.number - b.job.number)
}

test('every job has its result, on several threads', { timeout: 60_000 }, async () => {
  const jobs = Array.from({ length: 20 }, (_, number) => ({ number }))
  expect(await outcomesOf(jobs)).toEqual(jobs.map((job) => ({ job, result: job.number ** 2 })))
})

test.each([
  ['exit', /ended with code 3/],
  ['exception', /oops/],
  ['rejection', /rejected/],
  ['memory', /memory/],
] as const)(
  'a thread that ends by %s is told, and the others go on',
  { timeout: 120_000 },
  async (dies, why) => {
    const outcomes = await outcomesOf([{ number: 1 }, { number: 2, dies }, { number: 3 }, { number: 4 }])
    expect(outcomes.map(({ lost }) => lost !== undefined)).toEqual([false, true, false, false])
    expect(outcomes[1]!.lost).toMatch(why)
  },
)

test('a thread that never answers is told when its time is up', { timeout: 60_000 }, async () => {
  const outcomes = await outcomesOf([{ number: 1, dies: 'never' }], { jobMsMax: 50 })
  expect(outcomes).toEqual([{ job: { number: 1, dies: 'never' }, lost: 'no result within 0.05 s' }])
})

test('what is enough ends the others', { timeout: 60_000 }, async () => {
  const outcomes: Outcome<Job, number>[] = []
  await outcomesOf([{ number: 1, dies: 'never' }, { number: 2 }, { number: 3 }], {
    done: (outcome) => outcomes.push(outcome) === 1,
  })
  expect(outcomes).toEqual([{ job: { number: 2 }, result: 4 }])
})

test('an interrupt ends everything at once', { timeout: 60_000 }, async () => {
  const interrupt = new AbortController()
  const next = (): Job => {
    setImmediate(() => interrupt.abort())
    return { number: 1, dies: 'never' }
  }
  expect(await outcomesOf([], { next, signal: interrupt.signal })).toEqual([])
})
