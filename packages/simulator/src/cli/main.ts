#!/usr/bin/env node
// pnpm sim: clusters under faults, seed after seed.
import { randomInt } from 'node:crypto'
import { runSeed } from '../runner/run.js'
import { replayOptions } from '../runner/simulate.js'
import { type Arguments, readArguments, USAGE } from './arguments.js'
import { readReplay, reportFailure } from './failures.js'
import { runJobs } from './pool.js'
import { registersRun } from './registers-run.js'
import { LEADER_CHANGES_MEAN_MIN, Statistics } from './statistics.js'
import type { Job, JobResult } from './worker.js'

const PROGRESS_MS = 10_000
const FRESH_SEEDS = 20

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function replay(file: string, trace: boolean): Promise<boolean> {
  const saved = readReplay(file)
  const say = trace ? { say: print } : {}
  const verdict = await runSeed(registersRun({ ...replayOptions(saved), ...say }))
  const { violation, traceHash } = verdict
  print(`expected: ${saved.property}: ${saved.message} (trace ${saved.traceHash})`)
  print(
    `got:      ${violation?.property ?? 'no violation'}: ${violation?.message ?? ''} (trace ${traceHash})`,
  )
  return violation === undefined && saved.traceHash !== traceHash
}

async function traced(args: Arguments, seed: number): Promise<boolean> {
  const { seconds, servers } = args
  const run = registersRun({ seed, seconds, ...(servers === undefined ? {} : { servers }), say: print })
  const { violation, traceHash } = await runSeed(run)
  print(`trace ${traceHash}: ${violation === undefined ? 'no violation' : JSON.stringify(violation)}`)
  return violation === undefined
}

async function runMany(args: Arguments): Promise<boolean> {
  const { seeds, minutes, jobs, seconds, servers, coverage, out } = args
  const startedAt = performance.now()
  const until = minutes === undefined ? Number.POSITIVE_INFINITY : startedAt + minutes * 60_000
  const fresh = randomInt(1, 2 ** 47)
  const from = seeds?.from ?? fresh
  const to = seeds?.to ?? (minutes === undefined ? fresh + FRESH_SEEDS - 1 : Number.POSITIVE_INFINITY)
  print(
    `seeds from ${from}${Number.isFinite(to) ? ` to ${to}` : ''}, ${seconds} virtual seconds of faults each`,
  )
  const statistics = new Statistics()
  const failed: JobResult[] = []
  let seed = from
  let progressAt = startedAt + PROGRESS_MS
  const next = (): Job | undefined =>
    seed > to || performance.now() > until ? undefined : { seed: seed++, seconds, servers }
  await runJobs(jobs, next, (result) => {
    statistics.add(result)
    const { verdict } = result
    if (from === to) print(`trace ${verdict.traceHash}, ${verdict.eventCount} events`)
    if (verdict.violation !== undefined) {
      failed.push(result)
      print(`seed ${verdict.seed}: ${verdict.violation.property}: ${verdict.violation.message}`)
    }
    if (performance.now() > progressAt) {
      progressAt = performance.now() + PROGRESS_MS
      print(statistics.progress(performance.now() - startedAt))
    }
    return failed.length >= 3
  })
  print(statistics.progress(performance.now() - startedAt))
  for (const { verdict } of failed) print(await reportFailure(verdict, { seconds, servers }, out))
  const reached = !coverage || covered(statistics)
  return failed.length === 0 && reached
}

function covered(statistics: Statistics): boolean {
  print(statistics.table())
  const { missing, leaderChanges, seeds } = statistics
  if (missing.length > 0) print(`never reached: ${missing.join(', ')}`)
  const changes = leaderChanges / seeds
  if (changes < LEADER_CHANGES_MEAN_MIN) print(`only ${changes.toFixed(1)} leader changes per seed`)
  return missing.length === 0 && changes >= LEADER_CHANGES_MEAN_MIN
}

async function main(): Promise<boolean> {
  const args = readArguments(process.argv.slice(2))
  if (args.replay !== undefined) return replay(args.replay, args.trace)
  if (args.trace && args.seeds !== undefined) return traced(args, args.seeds.from)
  return runMany(args)
}

try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  print(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
