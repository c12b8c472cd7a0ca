// Thesis §4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a
// current leader, it does not update its term or grant its vote."
import { quorumContactAt } from './check-quorum.js'
import type { VoteRefusal } from './events.js'
import type { State } from './state.js'
import type { Millis } from './types.js'

/**
 * Why no candidate gets a vote at `now`, whatever its log. The minimum timeout counts, not this server's own random
 * one, and it outlives the term: a leader's lease rests on it (thesis §6.4.1).
 */
export function refusesEverybody(state: State, now: Millis): VoteRefusal | undefined {
  if (now < state.votesFrom) return 'restarted'
  return state.options.steadyLeader && hearsLeader(state, now) ? 'leader-alive' : undefined
}

/** A leader was heard within the minimum election timeout; of a leader: a quorum was. */
export function hearsLeader(state: State, now: Millis): boolean {
  const contactAt = state.role.role === 'leader' ? quorumContactAt(state, now) : state.leaderContactAt
  return now - contactAt < state.options.electionTimeoutMsMin
}

/**
 * A server that was never told who is in the cluster is not needed: a learner becomes a voter when it has a configuration.
 * It may have had one, though, and lost its disk: who was never told of its removal would count its vote.
 */
export function knowsNobody({ configuration }: State): boolean {
  return configuration.voters.length === 0
}
