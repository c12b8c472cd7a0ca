// Where the logs of two survivors part, and what is known to be committed of them.
import type { LogIndex, NodeId, Term } from '../../consensus/types.js'
import type { RecoveryReport } from './report.js'

/** A survivor has entries that the chosen one has not, and nobody can tell whether they were committed. */
export interface SurvivorConflict {
  readonly id: NodeId
  /** The first of them; all behind it differ, too (Log Matching, Raft Figure 3). */
  readonly fromIndex: LogIndex
  /** In words. */
  readonly text: string
}

/** The entry of this index and term is in its log, or in what its snapshot replaced: that is what was committed. */
export function hasEntry({ snapshotIndex, runs }: RecoveryReport, index: LogIndex, term: Term): boolean {
  if (index <= snapshotIndex) return true
  return runs.some((run) => run.term === term && run.firstIndex <= index && index <= run.lastIndex)
}

/** Those of `others` that have entries which `chosen` has not, and where. All of them have what is known to be committed. */
export function conflictsWith(chosen: RecoveryReport, others: readonly RecoveryReport[]): SurvivorConflict[] {
  return others.flatMap(({ id, runs, lastIndex }) => {
    const fromIndex = firstMissing(chosen, runs)
    if (fromIndex === undefined) return []
    const text =
      `${id} has entries from ${fromIndex} to ${lastIndex} in whose place ${chosen.id} has others: they are lost. They were ` +
      'committed if the lost members have committed an entry of a later term behind them, which nobody can know from here'
    return [{ id, fromIndex, text }]
  })
}

function firstMissing(chosen: RecoveryReport, runs: RecoveryReport['runs']): LogIndex | undefined {
  for (const { firstIndex, lastIndex, term } of runs) {
    const from = Math.max(firstIndex, chosen.snapshotIndex + 1)
    if (from > lastIndex) continue
    if (!hasEntry(chosen, from, term)) return from
    // A run of one term is of one leader: what both have of it begins alike.
    const { lastIndex: end } = chosen.runs.find((run) => run.term === term)!
    if (end < lastIndex) return end + 1
  }
  return undefined
}
