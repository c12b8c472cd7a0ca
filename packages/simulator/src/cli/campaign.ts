// Many seeds on several cores: progress while it goes on, a summary at its end or at Ctrl-C, and what failed.
import { randomInt } from 'node:crypto'
import type { Verdict } from '../runner/run.js'
import type { Arguments } from './arguments.js'
import { reportFailure } from './failures.js'
import { type Outcome, runJobs } from './pool.js'
import { LEADER_CHANGES_MEAN_MIN, Statistics } from './statistics.js'
import type { Job, JobResult } from './worker.js'

const PROGRESS_MS = 5_000
const FRESH_SEEDS = 20
/** A thousand times what a seed takes: whoever needs more never ends. */
const JOB_MS_MAX = 600_000
const FAILURES_MAX = 3
const HEAP_MB_MAX = 1_536

/** Returns the exit code. */
export async function runCampaign(args: Arguments, print: (text: string) => void): Promise<number> {
  const { minutes, jobs, seconds, servers, coverage } = args
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  const { from, to } = rangeOf(args)
  print(
    `seeds from ${from}${Number.isFinite(to) ? ` to ${to}` : ''}, ${seconds} virtual seconds of faults each`,
  )
  const statistics = new Statistics()
  const violated: Verdict[] = []
  let seed = from
  const isOver = (): boolean => seed > to || (minutes !== undefined && elapsed() > minutes * 60_000)
  const interrupt = new AbortController()
  const interrupted = (): void => interrupt.abort()
  process.on('SIGINT', interrupted)
  const progress = setInterval(() => print(statistics.progress(elapsed())), PROGRESS_MS)
  const done = (outcome: Outcome<Job, JobResult>): boolean => {
    if (outcome.lost !== undefined) {
      statistics.lost++
      print(`seed ${outcome.job.seed}: no verdict: ${outcome.lost}`)
      print(`  repeat it:       pnpm sim --seed ${outcome.job.seed}`)
      return statistics.lost >= FAILURES_MAX
    }
    const { verdict } = outcome.result
    statistics.add(outcome.result)
    if (from === to) print(`trace ${verdict.traceHash}, ${verdict.eventCount} events`)
    if (verdict.violation === undefined) return false
    violated.push(verdict)
    print(`seed ${verdict.seed}: ${verdict.violation.property}: ${verdict.violation.message}`)
    return violated.length >= FAILURES_MAX
  }
  try {
    const next = (): Job | undefined => (isOver() ? undefined : { seed: seed++, seconds, servers })
    const pool = { threads: jobs, jobMsMax: JOB_MS_MAX, heapMbMax: HEAP_MB_MAX, next, done }
    await runJobs<Job, JobResult>({
      ...pool,
      worker: new URL('./worker.js', import.meta.url),
      signal: interrupt.signal,
    })
  } finally {
    clearInterval(progress)
  }
  if (interrupt.signal.aborted) print('interrupted')
  print(statistics.summary(elapsed()))
  // From here on Ctrl-C ends what is left, which is making failures smaller.
  process.removeListener('SIGINT', interrupted)
  const shrinkRuns = interrupt.signal.aborted ? 0 : args.shrinkRuns
  for (const verdict of violated) print(await reportFailure(verdict, { ...args, shrinkRuns }))
  const reached = !coverage || isCovered(statistics, print)
  if (violated.length > 0 || statistics.lost > 0 || !reached) return 1
  return interrupt.signal.aborted ? 130 : 0
}

function rangeOf({ seeds, minutes }: Arguments): { from: number; to: number } {
  if (seeds !== undefined) return seeds
  const from = randomInt(1, 2 ** 47)
  return { from, to: minutes === undefined ? from + FRESH_SEEDS - 1 : Number.POSITIVE_INFINITY }
}

function isCovered(statistics: Statistics, print: (text: string) => void): boolean {
  print(statistics.table())
  const { missing, leaderChangesMean } = statistics
  if (missing.length > 0) print(`never reached: ${missing.join(', ')}`)
  const enough = leaderChangesMean >= LEADER_CHANGES_MEAN_MIN
  if (!enough) print(`only ${leaderChangesMean.toFixed(1)} leader changes per seed`)
  return missing.length === 0 && enough
}
