// Thesis §9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they would
// be willing to grant the candidate their votes".
import { isVoter, votersOf } from './configuration.js'
import { drawElectionTimeout, drawRetry, resetElectionTimer } from './election-timer.js'
import type { VoteRefusal } from './events.js'
import { campaign, isUpToDate } from './leader-election.js'
import type { PreVote, PreVoteReply } from './messages.js'
import { isQuorum } from './quorum.js'
import type { State } from './state.js'
import { knowsNobody, refusesEverybody } from './stickiness.js'
import type { Turn } from './turn.js'
import type { Millis, NodeId } from './types.js'

/** Asks everybody. Nothing is promised, so nothing waits for the disk. */
export function startPreVote(turn: Turn): void {
  const { state } = turn
  const term = state.currentTerm
  turn.record({ type: 'BecamePreCandidate', term })
  drawElectionTimeout(turn)
  resetElectionTimer(turn)
  const lastLogIndex = state.log.lastIndex
  const lastLogTerm = state.log.lastTerm
  for (const voter of votersOf(state.configuration))
    if (voter !== state.id) turn.send(voter, { type: 'PreVote', term, lastLogIndex, lastLogTerm })
  countPreVote(turn, state.id, true)
}

/** Answered whatever this server's role; it changes neither term nor vote, nor any timer. */
export function receivePreVote(turn: Turn, from: NodeId, request: PreVote): void {
  const { state } = turn
  const reason = refusal(state, request, turn.now)
  const term = state.currentTerm
  if (reason !== undefined) turn.record({ type: 'VoteRefused', term, candidate: from, preVote: true, reason })
  // A refusal tells the term: a server that comes back with an older one could else never be voted for (etcd#8243).
  turn.send(from, {
    type: 'PreVoteReply',
    term,
    askedTerm: request.term,
    voteGranted: reason === undefined,
  })
}

function refusal(state: State, request: PreVote, now: Millis): VoteRefusal | undefined {
  const everybody = refusesEverybody(state, now)
  if (everybody !== undefined) return everybody
  if (request.term < state.currentTerm) return 'old-term'
  if (knowsNobody(state)) return 'knows-nobody'
  return isUpToDate(state, request) ? undefined : 'log-behind'
}

export function receivePreVoteReply(turn: Turn, from: NodeId, reply: PreVoteReply): void {
  const { state } = turn
  if (reply.askedTerm !== state.currentTerm || !isVoter(state.configuration, from)) return
  countPreVote(turn, from, reply.voteGranted)
}

function countPreVote(turn: Turn, voter: NodeId, voteGranted: boolean): void {
  const { state } = turn
  if (state.role.role !== 'pre-candidate') return
  const { votes } = state.role
  if (votes.has(voter)) return
  turn.record({ type: 'VoteReceived', term: state.currentTerm, voter, voteGranted })
  if (isQuorum(state.configuration, (id) => votes.get(id) === true)) return campaign(turn)
  const wasPossible = isQuorum(state.configuration, (id) => id === voter || votes.get(id) !== false)
  const isPossible = isQuorum(state.configuration, (id) => votes.get(id) !== false)
  // A majority still hears a leader, or did a moment ago: ask again before long, others may ask meanwhile.
  if (wasPossible && !isPossible) drawRetry(turn)
}
