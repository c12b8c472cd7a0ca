// Which survivor to recover. Exactly one: two would be two clusters.
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { RecoveryReport } from './report.js'

export interface Survivor {
  readonly id: NodeId
  /** In words, with who comes after it. */
  readonly why: string
}

/**
 * The one with the most complete log, by the rule of elections (Raft §5.4.1): "If the logs have last entries with different
 * terms, then the log with the later term is more up-to-date. If the logs end with the same term, then whichever log is
 * longer is more up-to-date." It has every committed entry that any of the others has. Survivors of an earlier generation,
 * and those that cannot be recovered, do not count.
 * @throws RaftError ERR_INVALID_OPTION when there is none, or they are not of one cluster
 */
export function chooseSurvivor(reports: readonly RecoveryReport[]): Survivor {
  if (new Set(reports.map(({ clusterId }) => clusterId)).size > 1)
    throw new RaftError('ERR_INVALID_OPTION', 'the reports are of different clusters')
  const generation = Math.max(...reports.map((report) => report.generation))
  const able = reports.filter((report) => report.refusal === undefined && report.generation === generation)
  const [best, next] = able.sort(moreComplete)
  if (best === undefined) {
    const refusals = reports.flatMap(({ refusal }) => refusal ?? [])
    throw new RaftError('ERR_INVALID_OPTION', ['nobody can be recovered', ...refusals].join('; '))
  }
  const ends = ({ id, lastTerm, lastIndex }: RecoveryReport): string =>
    `the log of ${id} ends at index ${lastIndex} of term ${lastTerm}`
  const behind = next === undefined ? 'it is the only one' : ends(next)
  return { id: best.id, why: `${ends(best)}; ${behind}` }
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
