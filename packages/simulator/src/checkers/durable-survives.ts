// The Storage port's promise: what `write` and `saveSnapshot` have completed, a power failure leaves in place; what was
// under way is there as a whole or not at all.
import { isDeepStrictEqual } from 'node:util'
import type { HardState, StoredState, Term, WriteBatch } from '@riverraft/core'
import type { Checker } from './checker.js'
import { applyBatch, logWith, type NodeView, type SnapshotView } from './node-view.js'

export const durableSurvives: Checker = {
  property: 'durable-survives',
  hooks: (_history, fail) => ({
    opened(node, stored) {
      if (node.wiped && stored.formatted) return
      const writes = [undefined, node.writing].slice(0, node.writing === undefined ? 1 : 2)
      const snapshots = [node.durableSnapshot, ...node.savingSnapshots]
      if (node.rotten) snapshots.push(...node.olderSnapshots, undefined)
      for (const batch of writes)
        for (const snapshot of snapshots) if (isWhat(stored, node, batch, snapshot)) return
      const { currentTerm, votedFor } = stored.hardState
      const before = node.durableHardState
      fail(
        `${node.id} recovers term ${currentTerm}, vote ${votedFor}, entries ${JSON.stringify(stored.runs)}, snapshot of ` +
          `${stored.snapshot?.index}; durable were term ${before.currentTerm}, vote ${before.votedFor}, ` +
          `${node.durableLog.length} entries, snapshot of ${node.durableSnapshot?.metadata.index}`,
      )
    },
  }),
}

/** True when `stored` is what the disk has to show if this write and this snapshot have reached it. */
function isWhat(
  stored: StoredState,
  node: NodeView,
  batch: WriteBatch | undefined,
  snapshot: SnapshotView | undefined,
): boolean {
  const hardState: HardState = batch?.hardState ?? node.durableHardState
  if (!isDeepStrictEqual(stored.hardState, hardState)) return false
  // Of a storage whose formatting nobody has seen the generation is not known.
  const isKnown = node.incarnation !== undefined
  if (isKnown && (stored.generation ?? 0) !== (batch?.generation ?? node.generation)) return false
  if (
    stored.snapshot?.index !== snapshot?.metadata.index ||
    stored.snapshot?.term !== snapshot?.metadata.term
  )
    return false
  const log = [...node.storedLog]
  if (batch !== undefined) applyBatch(log, batch, node.durableSnapshot)
  return shows(stored, logWith(log, snapshot))
}

/** The beginning may be forgotten, as far as the snapshot goes. */
function shows({ runs, snapshot }: StoredState, log: readonly Term[]): boolean {
  const index = snapshot?.index ?? 0
  const begin = (runs[0]?.firstIndex ?? index + 1) - 1
  const found: Term[] = []
  for (const run of runs) for (let at = run.firstIndex; at <= run.lastIndex; at++) found.push(run.term)
  return begin <= index && isDeepStrictEqual(found, log.slice(begin))
}
