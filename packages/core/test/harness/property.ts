// Runs a property so that a failure says how to see it again.
import fc from 'fast-check'
import { expect } from 'vitest'

/** Thousands of runs on a machine that may have much else to do: they end by themselves, this is for those that do not. */
export const PROPERTY_TIME = { timeout: 300_000 } as const

/** RIVERRAFT_RUNS multiplies the runs, RIVERRAFT_SEED and RIVERRAFT_PATH repeat one. */
export function check<T>(property: fc.IProperty<T>, file: string, runs: number): void {
  const { RIVERRAFT_RUNS, RIVERRAFT_SEED, RIVERRAFT_PATH } = process.env
  const seed = RIVERRAFT_SEED === undefined ? undefined : Number(RIVERRAFT_SEED)
  const details = fc.check(property, {
    numRuns: Math.ceil(runs * Number(RIVERRAFT_RUNS ?? 1)),
    ...(seed === undefined ? {} : { seed }),
    ...(RIVERRAFT_PATH === undefined ? {} : { path: RIVERRAFT_PATH }),
  })
  if (!details.failed) return
  const again = `RIVERRAFT_SEED=${details.seed} RIVERRAFT_PATH=${details.counterexamplePath}`
  const title = expect.getState().currentTestName?.split(' > ').at(-1)
  const command = `${again} ./scripts/pnpm exec vitest run packages/core/${file} -t '${title}'`
  throw new Error(`Replay: ${command}\n${fc.defaultReportMessage(details)}`, { cause: details.errorInstance })
}
