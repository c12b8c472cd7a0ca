// Thesis §6.4.1: "the leader would use the normal heartbeat mechanism to maintain a lease".
import { quorumIndex } from './quorum.js'
import type { State } from './state.js'
import type { Millis } from './types.js'

/**
 * True when no other leader can have been elected at `now`: a quorum has answered a round of heartbeats that began less
 * than a lease ago. It counts from when the round *began*, and is judged when the read happens (etcd#6005).
 */
export function holdsLease(state: State, now: Millis): boolean {
  const { role, options } = state
  if (role.role !== 'leader' || options.leaseMs === 0) return false
  if (role.leaseEnded || role.transfer !== undefined || state.commitIndex < role.firstIndex) return false
  return now - leaseFrom(state) < options.leaseMs
}

/** When the newest round began that a quorum has answered. */
function leaseFrom(state: State): Millis {
  const { role } = state
  if (role.role !== 'leader') return Number.NEGATIVE_INFINITY
  const round = answeredRound(state)
  return role.roundsSent.find((sent) => sent.round === round)?.at ?? Number.NEGATIVE_INFINITY
}

/** The newest round of heartbeats that a quorum has answered. */
export function answeredRound({ role, configuration, id }: State): number {
  if (role.role !== 'leader') return 0
  return quorumIndex(configuration, (voter) =>
    voter === id ? role.round : (role.followers.get(voter)?.ackedRound ?? 0),
  )
}
