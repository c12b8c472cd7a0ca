// What an entry holds in these tests. One object per entry, made by the leader: logs are compared by identity.
import type { Configuration, LogIndex, Run, Term } from '../../src/consensus/index.js'

export interface Entry {
  readonly index: LogIndex
  readonly term: Term
  readonly command: string
  /** Of a membership entry. */
  readonly configuration?: Configuration
}

/** Every message with the entries its runs stand for. A membership entry is alone in its run. */
export function runsOf(entries: readonly Entry[]): Run[] {
  const runs: { firstIndex: LogIndex; lastIndex: LogIndex; term: Term; configuration?: Configuration }[] = []
  for (const { index, term, configuration } of entries) {
    const last = runs.at(-1)
    if (configuration !== undefined) runs.push({ firstIndex: index, lastIndex: index, term, configuration })
    else if (last?.term === term && last.configuration === undefined) last.lastIndex = index
    else runs.push({ firstIndex: index, lastIndex: index, term })
  }
  return runs
}

/** The entries of a log given by its terms: `log(1, 1, 3)` is the paper's drawing of three boxes. */
export function log(...terms: Term[]): Entry[] {
  return terms.map((term, i) => ({ index: i + 1, term, command: `t${term}i${i + 1}` }))
}

export function termsOf(entries: readonly Entry[]): Term[] {
  return entries.map(({ term }) => term)
}
