// Thesis §6.2: "a leader in Raft steps down if an election timeout elapses without a successful round of heartbeats
// to a majority of its cluster".

import { quorumIndex } from './quorum.js'
import type { State } from './state.js'
import { becomeFollower } from './terms.js'
import type { Turn } from './turn.js'
import type { Millis } from './types.js'

/** Since when this leader has been without a quorum at the earliest: the last time that a majority was heard from. */
export function quorumContactAt(state: State, now: Millis): Millis {
  const { role } = state
  if (role.role !== 'leader') return Number.NEGATIVE_INFINITY
  const contactAt = quorumIndex(state.configuration, (voter) =>
    voter === state.id ? now : (role.followers.get(voter)?.contactAt ?? role.judgesFrom),
  )
  return Math.max(contactAt, role.judgesFrom)
}

/** True when this leader has given up its role: nobody follows it any more, or its disk hangs. */
export function stepDownIfUseless(turn: Turn): boolean {
  const { state, now } = turn
  if (state.role.role !== 'leader' || !state.options.steadyLeader) return false
  if (stepDownIfStalled(turn)) return true
  if (now - quorumContactAt(state, now) <= state.options.electionTimeoutMsMax) return false
  becomeFollower(turn, 'quorum-lost')
  return true
}

/** True when this leader has given up its role because its disk hangs. */
export function stepDownIfStalled(turn: Turn): boolean {
  const { state, now } = turn
  if (state.role.role !== 'leader' || !state.options.steadyLeader || !storageIsStalled(state, now))
    return false
  becomeFollower(turn, 'storage-stalled')
  return true
}

/** hashicorp/raft#503: a leader with a hung disk that goes on with its heartbeats stops the whole cluster. */
export function storageIsStalled({ writes, options }: State, now: Millis): boolean {
  const oldest = writes.inFlight[0]
  return oldest !== undefined && now - oldest.at > options.storageStallMs
}
