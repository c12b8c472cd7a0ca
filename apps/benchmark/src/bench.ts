// The whole run: every pair that was asked for, one after the other.
import { writeFile } from 'node:fs/promises'
import { CommandFailed } from './cluster/child.js'
import { Resources } from './cluster/resources.js'
import { conditionsNow, describeConditions } from './report/conditions.js'
import { Table } from './report/table.js'
import { ReplicasDiffer } from './run/compare.js'
import { type Pair, type PairResult, type RunOptions, runPair } from './run/pair.js'
import { watchSignals } from './signals.js'

export interface BenchOptions extends RunOptions {
  readonly pairs: readonly Pair[]
  /** Where to write everything that was measured. */
  readonly json: string | undefined
}

/** By convention 128 and the signal's number. */
const EXIT_STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

class Interrupted extends Error {
  readonly status: number

  constructor(signal: keyof typeof EXIT_STATUS) {
    super(signal)
    this.status = EXIT_STATUS[signal]
  }
}

/** Resolves with the exit status, when every process has ended and every directory is gone. */
export function bench(options: BenchOptions, print: (line: string) => void): Promise<number> {
  return withResources((resources) => runAll(options, resources, print))
}

/** The same for anything that measures: it is given what must be released, whatever happens. */
export async function withResources(measure: (resources: Resources) => Promise<void>): Promise<number> {
  const resources = new Resources()
  let unwatch = (): void => {}
  const interrupted = new Promise<never>((_, reject) => {
    unwatch = watchSignals((signal) => reject(new Interrupted(signal as keyof typeof EXIT_STATUS)))
  })
  try {
    // Ctrl-C does not wait for answers that are under way.
    await Promise.race([measure(resources), interrupted])
    return 0
  } catch (error) {
    if (error instanceof Interrupted) return error.status
    process.stderr.write(`${describeFailure(error)}\n`)
    return 1
  } finally {
    unwatch()
    await resources.release()
  }
}

async function runAll(
  options: BenchOptions,
  resources: Resources,
  print: (line: string) => void,
): Promise<void> {
  const { pairs, json, ...run } = options
  const conditions = conditionsNow()
  print(`${describeConditions(conditions, options)}\n`)
  const table = new Table(print)
  table.head()
  const results: PairResult[] = []
  for (const pair of pairs) results.push(await runPair(pair, run, resources, table))
  if (options.profile !== undefined) print(`\nCPU profile of the last window: ${options.profile}`)
  if (json !== undefined) {
    await writeFile(json, `${JSON.stringify({ conditions, options: run, pairs: results }, undefined, 2)}\n`)
  }
}

function describeFailure(error: unknown): string {
  if (error instanceof ReplicasDiffer) return `No figure: ${error.message}`
  if (error instanceof CommandFailed) return `A process failed: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
