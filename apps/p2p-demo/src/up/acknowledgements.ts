// Who holds an entry: asked of the leader after the commit, not concluded from it.
import { setTimeout as pause } from 'node:timers/promises'
import type { StatusAnswer } from '../control/commands.js'
import type { DemoCluster } from './cluster.js'

const STATUS_TIMEOUT_MS = 5_000
const ASK_AGAIN_MS = 10

/**
 * The names of the members whose logs the leader knows to hold `index`, the leader first: as soon as it knows of
 * `count`, or of a majority. A leader elected a moment ago has yet to hear from its followers.
 */
export async function holdersOf(
  index: number,
  cluster: DemoCluster,
  signal: AbortSignal,
  count: number = cluster.majority,
): Promise<readonly string[]> {
  while (true) {
    const { leader } = await cluster.until(() => cluster.leadership(), signal)
    const status = await leader.ask({ type: 'status' }, STATUS_TIMEOUT_MS)
    const holders = holdersIn(status, index).map((peer) => cluster.nameOf(peer))
    if (holders.length >= count) return [`${holders[0]} (leader)`, ...holders.slice(1).sort()]
    await pause(ASK_AGAIN_MS, undefined, { signal })
  }
}

/** Voters only: a learner's copy is not counted. */
function holdersIn(status: StatusAnswer, index: number): readonly string[] {
  const { role, id, lastIndex, followers, members } = status
  if (role !== 'leader' || lastIndex < index) return []
  const votes = (id: string) => members.some((member) => member.id === id && member.role === 'voter')
  const holding = followers.filter(({ id, matchIndex }) => votes(id) && matchIndex >= index)
  return [id, ...holding.map((follower) => follower.id)]
}
