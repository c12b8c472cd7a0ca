// What becomes of a failing seed: it is made smaller, saved, and said how to repeat it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Replay } from '../runner/replay-file.js'
import type { Verdict } from '../runner/run.js'
import { draws, shrink } from '../runner/shrink.js'
import { replayOf } from '../runner/simulate.js'
import { registersRun } from './registers-run.js'

const SHRINK_MS = 60_000

export interface FailedRun {
  readonly seconds: number
  readonly servers: number | undefined
  readonly shrinkRuns: number
  /** The directory it is saved in. */
  readonly out: string
}

/** Returns what to print. */
export async function reportFailure(verdict: Verdict, run: FailedRun): Promise<string> {
  const { seed, violation } = verdict
  const { seconds, servers, shrinkRuns, out } = run
  const options = registersRun({ seed, seconds, ...(servers === undefined ? {} : { servers }) })
  const startedAt = performance.now()
  const smallest = await shrink(options, verdict, {
    runs: shrinkRuns,
    over: (share) => performance.now() - startedAt > SHRINK_MS * share,
  })
  const skipped = [...(smallest.options.skipped ?? [])]
  const replay = replayOf(smallest.verdict, 'registers', {
    seconds: smallest.options.seconds ?? seconds,
    servers,
    skipped,
  })
  mkdirSync(out, { recursive: true })
  const file = join(out, `seed-${seed}.json`)
  writeFileSync(file, `${JSON.stringify(replay)}\n`)
  const extra = `${seconds === 60 ? '' : ` --seconds ${seconds}`}${servers === undefined ? '' : ` --servers ${servers}`}`
  return [
    `seed ${seed}: ${violation!.property} at ${violation!.atMs} ms: ${violation!.message}`,
    `  repeat it:       pnpm sim --seed ${seed}${extra}`,
    `  the smallest:    pnpm sim --replay ${file}`,
    `  made smaller in ${smallest.runs} runs: from ${draws(verdict.recording)} draws in ${verdict.simulatedMs.toFixed(0)} ms ` +
      `to ${draws(smallest.verdict.recording)} draws in ${smallest.verdict.simulatedMs.toFixed(0)} ms: ${smallest.verdict.violation!.message}`,
  ].join('\n')
}

export function readReplay(file: string): Replay {
  return JSON.parse(readFileSync(file, 'utf8')) as Replay
}
