// Raft §5.2, §5.4.1: why a vote was refused, for those who ask why there is no leader. Decides nothing.
import type { RequestVote } from './messages.js'
import { leaderOf, type State } from './state.js'
import type { NodeId } from './types.js'

export type VoteRefusal =
  | 'old term'
  | 'voted for another'
  | 'leads'
  | 'campaigns'
  | 'has a leader'
  | 'log is behind'

/** The first reason that holds for a request that was refused. */
export function whyRefused(state: State, candidate: NodeId, request: RequestVote): VoteRefusal {
  if (request.term < state.currentTerm) return 'old term'
  if (state.role.role === 'leader') return 'leads'
  if (state.role.role === 'candidate') return 'campaigns'
  if (state.votedFor !== undefined && state.votedFor !== candidate) return 'voted for another'
  const { lastIndex, lastTerm } = state.log
  const isBehind =
    request.lastLogTerm < lastTerm || (request.lastLogTerm === lastTerm && request.lastLogIndex < lastIndex)
  if (!isBehind && leaderOf(state) !== undefined) return 'has a leader'
  return 'log is behind'
}
