// A mutant meets the seeds, in all ranges side by side, until it is caught in most of them or they are over.
import { makeCopy } from './copy.js'
import { INVARIANTS_OFF } from './invariants-off.js'
import type { Mutant } from './mutant.js'
import type { Finding } from './protocol.js'
import { Died, Runner } from './runner.js'

/** What the simulator says of a node that stopped by itself. */
const NO_UNEXPECTED_STOP = 'no-unexpected-stop'

/** The same for all mutants. Ranges are disjoint: 1..N, N+1..2N, and so on. */
export interface Seeds {
  readonly perRange: number
  readonly ranges: number
  /** Virtual seconds of faults in each. */
  readonly seconds: number
}

/** What one range of seeds came to: the first catch, and how many seeds it took; or nothing in so many of them. */
export interface RangeResult {
  readonly seeds: number
  readonly seed?: number
  readonly finding?: Finding
  /** Of a process that did not survive its seed. */
  readonly died?: string
}

export interface Trial {
  readonly ranges: readonly RangeResult[]
  /** Infinity: in most ranges it is not caught. */
  readonly medianSeeds: number
  /** The checkers that caught it, the most frequent first. */
  readonly caughtBy: readonly string[]
}

export interface TrialOptions {
  readonly seeds: Seeds
  readonly invariants: boolean
  /** Only so many seeds of each range, from its first on. Default: all. */
  readonly perRangeMax?: number
  /** Where the first failure is saved, made smaller. */
  readonly replayFile?: string
}

/**
 * The first seeds of all ranges, then the second ones, and so on, until the median is known: what the slower half of the
 * ranges would still need does not change it.
 */
export async function tryMutant({ name, edits }: Mutant, options: TrialOptions): Promise<Trial> {
  const { seeds, invariants, perRangeMax = seeds.perRange } = options
  const copy = makeCopy(name, invariants ? edits : [...edits, ...INVARIANTS_OFF])
  let runner: Runner | undefined
  let { replayFile } = options
  const ranges: RangeResult[] = Array.from({ length: seeds.ranges }, () => ({ seeds: 0 }))
  try {
    for (let turn = 0; turn < perRangeMax && !isDecided(ranges); turn++) {
      for (const [range, { finding, died }] of ranges.entries()) {
        if (finding !== undefined || died !== undefined) continue
        runner ??= new Runner(copy)
        const seed = 1 + range * seeds.perRange + turn
        const result = { seeds: turn + 1, ...(await meet(runner, seed, seeds.seconds, replayFile)) }
        ranges[range] = result
        if (result.finding !== undefined) replayFile = undefined
        if (result.died === undefined) continue
        runner.stop()
        runner = undefined
      }
    }
    return { ranges, medianSeeds: medianOf(ranges), caughtBy: checkersOf(ranges) }
  } finally {
    runner?.stop()
    copy.remove()
  }
}

async function meet(
  runner: Runner,
  seed: number,
  seconds: number,
  replayFile: string | undefined,
): Promise<Partial<RangeResult>> {
  try {
    const request = { seed, seconds, ...(replayFile === undefined ? {} : { replayFile }) }
    const { finding } = await runner.run(request)
    return finding === undefined ? {} : { seed, finding }
  } catch (error) {
    if (error instanceof Died) return { seed, died: error.message }
    throw error
  }
}

/** Caught in so many ranges that the median is known, or no longer to be caught in so many. */
function isDecided(ranges: readonly RangeResult[]): boolean {
  const caught = ranges.filter(({ finding }) => finding !== undefined).length
  const died = ranges.filter((range) => range.died !== undefined).length
  const middle = middleOf(ranges)
  return caught > middle || ranges.length - died <= middle
}

function middleOf(ranges: readonly RangeResult[]): number {
  return Math.floor((ranges.length - 1) / 2)
}

/** A range without a catch counts as endless. */
function medianOf(ranges: readonly RangeResult[]): number {
  const counts = ranges
    .map(({ seeds, finding }) => (finding === undefined ? Number.POSITIVE_INFINITY : seeds))
    .sort((a, b) => a - b)
  return counts[middleOf(ranges)]!
}

function checkersOf(ranges: readonly RangeResult[]): string[] {
  const counts = new Map<string, number>()
  for (const { finding } of ranges)
    if (finding !== undefined) counts.set(catcherOf(finding), (counts.get(catcherOf(finding)) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([property]) => property)
}

/** The checker's name, or the sentence of the core's own invariant that stopped the node. */
function catcherOf({ property, message }: Finding): string {
  const stopped = /ERR_INVARIANT (?:\w+: )?(.*?)(?: because: .*)?$/m.exec(message)
  return property === NO_UNEXPECTED_STOP && stopped !== null ? `core: ${stopped[1]}` : property
}
