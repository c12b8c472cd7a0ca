// A cluster whose last follower needs a snapshot, and has a slow line to and from everybody.
import type { NodeLimits } from '../../../src/node/types.js'
import { Cluster, type WordsNode } from './cluster.js'

export interface SlowSnapshotOptions extends Pick<NodeLimits, 'snapshotStallMsMax'> {
  readonly bytesPerMs: number
  readonly stateBytes: number
}

export interface SlowSnapshot {
  bytesPerMs: number
  readonly stateBytes: number
  readonly cluster: Cluster
  readonly leader: WordsNode
  readonly lost: WordsNode
}

const WORD_BYTES = 400_000

/** The follower is still cut off. */
export async function slowSnapshot({
  bytesPerMs,
  stateBytes,
  ...limits
}: SlowSnapshotOptions): Promise<SlowSnapshot> {
  const cluster = await Cluster.start({ snapshotTrailingBytes: 1, ...limits })
  const [leader, other, lost] = await cluster.elected()
  const slow: SlowSnapshot = { bytesPerMs, stateBytes, cluster, leader, lost: lost! }
  const rest = [leader.id, other!.id]
  cluster.network.partition(rest, [lost!.id])
  cluster.network.bytesPerMs = (from, to) =>
    from === lost!.id || to === lost!.id ? slow.bytesPerMs : Number.POSITIVE_INFINITY
  for (let bytes = stateBytes; bytes > 0; bytes -= WORD_BYTES)
    await cluster.world.outcome(leader.propose('w'.repeat(Math.min(bytes, WORD_BYTES))))
  // The last block stays in the log: it must be a small one.
  await cluster.world.outcome(leader.propose('last'))
  await cluster.agreed(rest)
  for (const id of rest) {
    const index = await cluster.world.outcome(cluster.node(id).takeSnapshot())
    await cluster.world.until('the log is gone', () => cluster.node(id).status().firstIndex >= index)
  }
  return slow
}
