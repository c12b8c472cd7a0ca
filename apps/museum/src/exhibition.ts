// All mutants, a few at a time, and the build without a bug on the same seeds.
import { join } from 'node:path'
import type { Mutant } from './mutant.js'
import { type Seeds, type Trial, tryMutant } from './trial.js'

/** A mutant and what became of it: undefined where it was not tried that way. */
export interface Exhibit {
  readonly mutant: Mutant
  readonly withInvariants: Trial | undefined
  /** By the simulator's checkers alone. */
  readonly withoutInvariants: Trial | undefined
}

export interface ExhibitionOptions {
  readonly seeds: Seeds
  readonly jobs: number
  readonly invariants: boolean | 'both'
  readonly replayDirectory: string | undefined
}

const STUMBLES = ['no-unexpected-stop', 'no-exception-escapes']

/** Not a mutant: what ships. */
export const UNMUTATED: Mutant = { name: 'unmutated', story: 'What ships: nothing is found.', edits: [] }

/** `done` hears of each as soon as it is known, in any order; the result is in theirs. */
export async function exhibit(
  mutants: readonly Mutant[],
  options: ExhibitionOptions,
  done: (exhibit: Exhibit) => void,
): Promise<Exhibit[]> {
  const exhibits: Exhibit[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < mutants.length; at = next++) {
      exhibits[at] = await tryBothWays(mutants[at]!, options)
      done(exhibits[at]!)
    }
  }
  await Promise.all(Array.from({ length: options.jobs }, work))
  return exhibits
}

async function tryBothWays(mutant: Mutant, options: ExhibitionOptions): Promise<Exhibit> {
  const { seeds, invariants, replayDirectory } = options
  // A replay is of the build without invariants: there a checker tells the story, not an assertion.
  const file = replayDirectory && { replayFile: join(replayDirectory, `${mutant.name}.json`) }
  const replay = file || {}
  const withInvariants =
    invariants === false
      ? undefined
      : await tryMutant(mutant, { seeds, invariants: true, ...(invariants === true ? replay : {}) })
  const withoutInvariants =
    invariants === true ? undefined : await tryMutant(mutant, { seeds, invariants: false, ...replay })
  return { mutant, withInvariants, withoutInvariants }
}

/** Caught in most ranges, in every way it was tried that counts: with invariants if it was. */
export function isCaught({ withInvariants, withoutInvariants }: Exhibit): boolean {
  return Number.isFinite((withInvariants ?? withoutInvariants)!.medianSeeds)
}

/** What merely stumbles is not counted: some checker must have said what is wrong. */
export function isCaughtByCheckersAlone({ withoutInvariants }: Exhibit): boolean {
  if (withoutInvariants === undefined || !Number.isFinite(withoutInvariants.medianSeeds)) return false
  const [first = ''] = withoutInvariants.caughtBy
  return !first.startsWith('core: ') && !STUMBLES.includes(first)
}
