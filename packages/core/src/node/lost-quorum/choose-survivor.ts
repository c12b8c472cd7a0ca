// Which survivor to recover. Exactly one: two would be two clusters.
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import { conflictsWith, hasEntry, type SurvivorConflict } from './conflicts.js'
import type { RecoveryReport } from './report.js'

export interface Survivor {
  readonly id: NodeId
  /** In words, with who comes after it. */
  readonly why: string
  /** Others that have entries which it has not, and which may have been committed. */
  readonly conflicts: readonly SurvivorConflict[]
}

/**
 * The one with the most complete log, by the rule of elections (Raft §5.4.1): "If the logs have last entries with different
 * terms, then the log with the later term is more up-to-date. If the logs end with the same term, then whichever log is
 * longer is more up-to-date." Only of those, though, that have what the newest snapshot of any of them holds: that is committed.
 * Survivors of an earlier generation, and those that cannot be recovered, do not count.
 *
 * It has all that any of the others has and that was committed in a term up to the latest last term among them (Figure 3, Leader
 * Completeness). What was committed in a later term, of which no survivor has an entry, can include entries of earlier terms
 * (Figure 8) that one of the others has and this one has not: `conflicts` tells where. No rule does better: the same survivors
 * are left when those entries were not committed, and what this one has in their place was.
 * @throws RaftError ERR_INVALID_OPTION when there is none, or they are not of one cluster
 */
export function chooseSurvivor(reports: readonly RecoveryReport[]): Survivor {
  if (new Set(reports.map(({ clusterId }) => clusterId)).size > 1)
    throw new RaftError('ERR_INVALID_OPTION', 'the reports are of different clusters')
  const generation = Math.max(...reports.map((report) => report.generation))
  const able = reports.filter((report) => report.refusal === undefined && report.generation === generation)
  const [surest] = able.toSorted((a, b) => b.snapshotIndex - a.snapshotIndex)
  if (surest === undefined) {
    const refusals = reports.flatMap(({ refusal }) => refusal ?? [])
    throw new RaftError('ERR_INVALID_OPTION', ['nobody can be recovered', ...refusals].join('; '))
  }
  const { snapshotIndex, snapshotTerm } = surest
  const isComplete = (report: RecoveryReport): boolean => hasEntry(report, snapshotIndex, snapshotTerm)
  const complete = able.filter(isComplete).sort(moreComplete)
  const [best, next] = complete as [RecoveryReport, RecoveryReport?]
  const ends = ({ id, lastTerm, lastIndex }: RecoveryReport): string =>
    `the log of ${id} ends at index ${lastIndex} of term ${lastTerm}`
  const behind = next === undefined ? 'it is the only one' : ends(next)
  // Who comes after it in any case need not be named.
  const passedOver = able
    .filter((report) => !isComplete(report) && moreComplete(report, best) < 0)
    .map(
      ({ id }) =>
        `${id} lacks entry ${snapshotIndex} of term ${snapshotTerm}, which is committed: ${surest.id} has it in a snapshot`,
    )
  return {
    id: best.id,
    why: [ends(best), behind, ...passedOver].join('; '),
    // Who lacks what is committed has, from there on, only what never was (Figure 3, State Machine Safety).
    conflicts: conflictsWith(best, complete),
  }
}

/** Of two that are as complete, a voter before a learner, then by id: whoever asks gets the same answer. */
function moreComplete(a: RecoveryReport, b: RecoveryReport): number {
  if (a.lastTerm !== b.lastTerm) return b.lastTerm - a.lastTerm
  if (a.lastIndex !== b.lastIndex) return b.lastIndex - a.lastIndex
  const [aVotes, bVotes] = [a, b].map(({ id, members }) =>
    members.some((member) => member.id === id && member.role === 'voter'),
  )
  if (aVotes !== bVotes) return aVotes ? -1 : 1
  return a.id < b.id ? -1 : 1
}
