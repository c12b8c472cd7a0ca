// What `pnpm museum` understands.
import { parseArgs } from 'node:util'
import type { Seeds } from './trial.js'

export interface Arguments {
  readonly seeds: Seeds
  readonly jobs: number
  /** Mutants whose names contain one of these; none: all. */
  readonly only: readonly string[]
  /** False: the core's own invariants are switched off. 'both': one after the other. */
  readonly invariants: boolean | 'both'
  readonly json: string | undefined
  readonly saveReplay: string | undefined
  /** Those that nobody has caught yet, instead of the collection. */
  readonly wanted: boolean
}

export const USAGE = `usage: pnpm museum [options]
  --only NAME           mutants whose name contains this; may be repeated
  --seeds N             seeds in a range (default 1000); a mutant must be caught in most ranges
  --ranges N            disjoint ranges: 1..N, N+1..2N, ... (default 1)
  --seconds N           virtual seconds of faults per seed (default 60)
  --jobs K              mutants at a time (default 1)
  --no-invariants       only with the core's own invariants switched off
  --with-invariants     only with them
  --json FILE           write the results there
  --save-replay DIR     save each mutant's first failure, made smaller, and its story
  --wanted              try the bugs that nobody has caught yet`

/** @throws Error with what is wrong */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== '--'),
    options: {
      only: { type: 'string', multiple: true, default: [] },
      seeds: { type: 'string', default: '1000' },
      ranges: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '60' },
      jobs: { type: 'string', default: '1' },
      'no-invariants': { type: 'boolean', default: false },
      'with-invariants': { type: 'boolean', default: false },
      json: { type: 'string' },
      'save-replay': { type: 'string' },
      wanted: { type: 'boolean', default: false },
    },
  })
  const number = (name: 'seeds' | 'ranges' | 'seconds' | 'jobs'): number => {
    const value = Number(values[name])
    if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a positive integer`)
    return value
  }
  const [without, with_] = [values['no-invariants'], values['with-invariants']]
  if (without && with_) throw new Error('--no-invariants and --with-invariants exclude each other')
  return {
    seeds: { perRange: number('seeds'), ranges: number('ranges'), seconds: number('seconds') },
    jobs: number('jobs'),
    only: values.only,
    invariants: without ? false : with_ ? true : 'both',
    json: values.json,
    saveReplay: values['save-replay'],
    wanted: values.wanted,
  }
}
