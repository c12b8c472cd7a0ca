// A mutant meets the seeds: range after range, until it is caught in each or the range is over.
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

/** What one range of seeds came to: the first catch, and how many seeds it took; or nothing in all of them. */
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
  /** Where the first failure is saved, made smaller. */
  readonly replayFile?: string
}

export async function tryMutant({ name, edits }: Mutant, options: TrialOptions): Promise<Trial> {
  const { seeds, invariants, replayFile } = options
  const copy = makeCopy(name, invariants ? edits : [...edits, ...INVARIANTS_OFF])
  let runner: Runner | undefined
  try {
    const ranges: RangeResult[] = []
    for (let range = 0; range < seeds.ranges; range++) {
      runner ??= new Runner(copy)
      const first = 1 + range * seeds.perRange
      const wanted = range === 0 ? replayFile : undefined
      const result = await meet(runner, first, seeds, wanted)
      ranges.push(result)
      if (result.died === undefined) continue
      runner.stop()
      runner = undefined
    }
    return { ranges, medianSeeds: medianOf(ranges), caughtBy: checkersOf(ranges) }
  } finally {
    runner?.stop()
    copy.remove()
  }
}

async function meet(
  runner: Runner,
  first: number,
  { perRange, seconds }: Seeds,
  replayFile: string | undefined,
): Promise<RangeResult> {
  for (let seed = first; seed < first + perRange; seed++) {
    try {
      const request = { seed, seconds, ...(replayFile === undefined ? {} : { replayFile }) }
      const { finding } = await runner.run(request)
      if (finding !== undefined) return { seeds: seed - first + 1, seed, finding }
    } catch (error) {
      if (error instanceof Died) return { seeds: seed - first + 1, seed, died: error.message }
      throw error
    }
  }
  return { seeds: perRange }
}

/** A range without a catch counts as endless. */
function medianOf(ranges: readonly RangeResult[]): number {
  const counts = ranges
    .map(({ seeds, finding }) => (finding === undefined ? Number.POSITIVE_INFINITY : seeds))
    .sort((a, b) => a - b)
  return counts[Math.floor((counts.length - 1) / 2)]!
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
