// All replicas must hold the same before a figure is printed: a fast cluster whose logs differ is not fast.
import { isDeepStrictEqual } from 'node:util'
import type { LogIndex, NodeId } from '@riverraft/core'
import type { Applied, LogDigest, Rest } from '../control/commands.js'

export interface ReplicaReport {
  readonly id: NodeId
  readonly lastIndex: LogIndex
  /** The log since the last comparison. */
  readonly log: LogDigest
  readonly applied: Applied
}

export class ReplicasDiffer extends Error {
  override readonly name: string = 'ReplicasDiffer'
}

/** What every replica holds. */
export interface Agreement {
  readonly lastIndex: LogIndex
  readonly log: LogDigest
  readonly applied: Applied
}

/**
 * Compares last indexes, terms, hashes of all entries, and what was applied; then counts: everything acknowledged since
 * the start was applied, and nothing that nobody asked for.
 * @throws ReplicasDiffer
 */
export function compareReplicas(reports: readonly ReplicaReport[], sinceStart: Rest): Agreement {
  const [first, ...others] = reports
  if (first === undefined) throw new ReplicasDiffer('there is no replica to compare')
  for (const other of others) {
    for (const what of ['lastIndex', 'log', 'applied'] as const) {
      if (isDeepStrictEqual(first[what], other[what])) continue
      const values = [first, other].map((report) => `${report.id}: ${JSON.stringify(report[what])}`)
      throw new ReplicasDiffer(`the replicas differ in ${what}. ${values.join('; ')}`)
    }
  }
  const { lastIndex, log, applied } = first
  if (log.through !== lastIndex || log.entries !== log.through - log.from + 1) {
    throw new ReplicasDiffer(`only ${log.entries} entries from ${log.from} to ${lastIndex} were compared`)
  }
  const { acknowledged, unknown } = sinceStart
  if (applied.count < acknowledged) {
    throw new ReplicasDiffer(`${acknowledged} writes were acknowledged, only ${applied.count} applied`)
  }
  if (applied.count > acknowledged + unknown) {
    throw new ReplicasDiffer(
      `${applied.count} writes were applied, only ${acknowledged} acknowledged and ${unknown} of unknown outcome`,
    )
  }
  return { lastIndex, log, applied }
}
