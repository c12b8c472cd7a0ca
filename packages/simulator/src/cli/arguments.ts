// What `pnpm sim` understands.
import { parseArgs } from 'node:util'

export interface Arguments {
  /** First and last seed, both included. */
  readonly seeds: { readonly from: number; readonly to: number } | undefined
  readonly minutes: number | undefined
  readonly jobs: number
  readonly replay: string | undefined
  readonly coverage: boolean
  readonly trace: boolean
  readonly seconds: number
  readonly servers: number | undefined
  readonly out: string
  readonly shrinkRuns: number
}

export const USAGE = `usage: pnpm sim [options]
  --seed N          run one seed
  --seeds A..B      run these seeds
  --minutes N       run fresh seeds for so long
  --jobs K          on so many cores (default 1)
  --replay FILE     repeat a failure that was saved
  --coverage        print what was reached; what never was is a failure
  --seconds N       virtual seconds of faults per seed (default 60)
  --servers N       servers (default: drawn, 1 to 5)
  --trace           print everything that happens (with --seed or --replay)
  --out DIRECTORY   where failures are saved
  --shrink-runs N   runs spent on making a failure smaller (default 400)`

/** @throws Error with what is wrong */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      minutes: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      replay: { type: 'string' },
      coverage: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '60' },
      servers: { type: 'string' },
      'shrink-runs': { type: 'string', default: '400' },
      out: { type: 'string', default: 'node_modules/.cache/riverraft-sim' },
    },
  })
  const { seed, seeds, minutes, replay, coverage, trace, out } = values
  return {
    seeds:
      seed !== undefined ? rangeOf(`${seed}..${seed}`) : seeds !== undefined ? rangeOf(seeds) : undefined,
    minutes: minutes === undefined ? undefined : numberOf('--minutes', minutes),
    jobs: numberOf('--jobs', values.jobs),
    replay,
    coverage,
    trace,
    seconds: numberOf('--seconds', values.seconds),
    servers: values.servers === undefined ? undefined : numberOf('--servers', values.servers),
    out,
    shrinkRuns: numberOf('--shrink-runs', values['shrink-runs']),
  }
}

function rangeOf(text: string): { from: number; to: number } {
  const [from, to] = text.split('..').map(Number)
  if (from === undefined || to === undefined || !Number.isInteger(from) || !Number.isInteger(to) || to < from)
    throw new Error(`not a range of seeds: ${text}`)
  return { from, to }
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${name} must be a positive number, not ${text}`)
  return value
}
