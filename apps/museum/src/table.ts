// What the museum shows.
import { type Exhibit, isCaught, isCaughtByCheckersAlone } from './exhibition.js'
import type { RangeResult, Seeds, Trial } from './trial.js'

const NAME_WIDTH = 36
const CELL_WIDTH = 64
/** Of several checkers the most frequent ones tell enough. */
const CATCHERS_SHOWN = 2

export function heading({ perRange, ranges, seconds }: Seeds): string {
  return [
    `seeds 1..${perRange * ranges} in ${ranges} ranges of ${perRange}, ${seconds} virtual seconds of faults each: median seeds to the first catch (each range), and by whom`,
    `${'mutant'.padEnd(NAME_WIDTH)}${'as built'.padEnd(CELL_WIDTH)}without the core's invariants`,
  ].join('\n')
}

export function row({ mutant, withInvariants, withoutInvariants }: Exhibit, { perRange }: Seeds): string {
  const asBuilt = `${cell(withInvariants, perRange)}  `.padEnd(CELL_WIDTH)
  return `${mutant.name.padEnd(NAME_WIDTH)}${asBuilt}${cell(withoutInvariants, perRange)}`.trimEnd()
}

function cell(trial: Trial | undefined, perRange: number): string {
  if (trial === undefined) return '-'
  const { medianSeeds, ranges, caughtBy } = trial
  const each = ranges.map((range) => rangeText(range, perRange)).join(' ')
  const median = Number.isFinite(medianSeeds) ? String(medianSeeds) : 'NOT CAUGHT'
  return `${median} (${each}) ${caughtBy.slice(0, CATCHERS_SHOWN).join(', ')}`.trimEnd()
}

/** '>7': not in so many, and then the median was known. */
function rangeText({ seeds, finding, died }: RangeResult, perRange: number): string {
  if (finding !== undefined) return String(seeds)
  if (died !== undefined) return 'died'
  return seeds === perRange ? 'none' : `>${seeds}`
}

export function summary(exhibits: readonly Exhibit[]): string {
  const caught = exhibits.filter(isCaught)
  const tried = exhibits.filter(({ withoutInvariants }) => withoutInvariants !== undefined)
  const lines = [`${caught.length} of ${exhibits.length} mutants caught`]
  if (tried.length > 0)
    lines.push(
      `${tried.filter(isCaughtByCheckersAlone).length} of ${tried.length} by the checkers alone, the core's own invariants switched off`,
    )
  return lines.join('\n')
}
