// Raft §5.2: leader election, with the election restriction of §5.4.1.
import { isVoter, votersOf } from './configuration.js'
import { drawElectionTimeout, resetElectionTimer } from './election-timer.js'
import type { VoteRefusal } from './events.js'
import { broadcastHeartbeat, replicateToAll } from './log-replication.js'
import type { RequestVote, RequestVoteReply } from './messages.js'
import { isQuorum } from './quorum.js'
import type { State } from './state.js'
import { knowsNobody, refusesEverybody } from './stickiness.js'
import { becomeFollower } from './terms.js'
import type { Turn } from './turn.js'
import type { LogIndex, Millis, NodeId, Term } from './types.js'

/** "To begin an election, a follower increments its current term and transitions to candidate state." */
export function campaign(turn: Turn, transfer = false): void {
  const { state } = turn
  const term = state.currentTerm + 1
  turn.record({ type: 'TermAdvanced', term })
  turn.record({ type: 'BecameCandidate', term })
  turn.record({ type: 'VoteGranted', term, candidate: state.id })
  drawElectionTimeout(turn)
  resetElectionTimer(turn)
  const lastLogIndex = state.log.lastIndex
  const lastLogTerm = state.log.lastTerm
  for (const voter of votersOf(state.configuration))
    if (voter !== state.id)
      turn.send(voter, { type: 'RequestVote', term, lastLogIndex, lastLogTerm, transfer })
}

/** "Each server will vote for at most one candidate in a given term, on a first-come-first-served basis". */
export function receiveRequestVote(turn: Turn, from: NodeId, request: RequestVote): void {
  const { state } = turn
  const term = state.currentTerm
  const reason = refusal(state, from, request, turn.now)
  const voteGranted = reason === undefined
  if (!voteGranted) turn.record({ type: 'VoteRefused', term, candidate: from, preVote: false, reason })
  else {
    if (state.role.role === 'pre-candidate') becomeFollower(turn, 'vote-granted')
    if (state.votedFor === undefined) turn.record({ type: 'VoteGranted', term, candidate: from })
    resetElectionTimer(turn)
  }
  turn.send(from, { type: 'RequestVoteReply', term, voteGranted })
}

function refusal(state: State, from: NodeId, request: RequestVote, now: Millis): VoteRefusal | undefined {
  if (request.term < state.currentTerm) return 'old-term'
  if (knowsNobody(state)) return 'knows-nobody'
  // In this server's own term too: it may have heard of that from somebody else, a moment after the leader before it.
  const everybody = request.transfer ? undefined : refusesEverybody(state, now)
  if (everybody !== undefined) return everybody
  const { role } = state.role
  if (role === 'candidate' || role === 'leader') return 'voted-for-another'
  if (state.votedFor !== undefined && state.votedFor !== from) return 'voted-for-another'
  return isUpToDate(state, request) ? undefined : 'log-behind'
}

/**
 * §5.4.1: "If the logs have last entries with different terms, then the log with the later term is more up-to-date.
 * If the logs end with the same term, then whichever log is longer is more up-to-date."
 */
export function isUpToDate(
  state: State,
  request: { readonly lastLogIndex: LogIndex; readonly lastLogTerm: Term },
): boolean {
  if (request.lastLogTerm !== state.log.lastTerm) return request.lastLogTerm > state.log.lastTerm
  return request.lastLogIndex >= state.log.lastIndex
}

export function receiveRequestVoteReply(turn: Turn, from: NodeId, reply: RequestVoteReply): void {
  const { state } = turn
  if (reply.term !== state.currentTerm || state.role.role !== 'candidate') return
  if (!isVoter(state.configuration, from)) return
  countVote(turn, from, reply.voteGranted)
}

/**
 * The candidate's own vote counts once it is durable: until then a crash could make it vote again. Its requests leave
 * at this moment too, so the answers get a whole election timeout.
 */
export function countOwnVote(turn: Turn): void {
  const { state } = turn
  if (state.role.role !== 'candidate' || state.role.votes.has(state.id) || !hardStateIsDurable(state)) return
  resetElectionTimer(turn)
  countVote(turn, state.id, true)
}

export function hardStateIsDurable({ writes }: State): boolean {
  return writes.hardState <= writes.persisted
}

function countVote(turn: Turn, voter: NodeId, voteGranted: boolean): void {
  const { state } = turn
  if (state.role.role !== 'candidate') return
  const { votes } = state.role
  if (votes.has(voter)) return
  turn.record({ type: 'VoteReceived', term: state.currentTerm, voter, voteGranted })
  if (isQuorum(state.configuration, (id) => votes.get(id) === true)) becomeLeader(turn)
}

/** §8: "Raft handles this by having each leader commit a blank no-op entry into the log at the start of its term." */
function becomeLeader(turn: Turn): void {
  const { state } = turn
  const term = state.currentTerm
  const firstIndex = state.log.lastIndex + 1
  turn.record({ type: 'BecameLeader', term, firstIndex, at: turn.now })
  turn.record({ type: 'EntriesAppended', firstIndex, lastIndex: firstIndex, term })
  turn.do({ type: 'EncodeBlock', content: 'noop', firstIndex, lastIndex: firstIndex, term })
  // "It then sends heartbeat messages to all of the other servers to establish its authority": the no-op may have to
  // be fetched first, authority must not wait for it.
  broadcastHeartbeat(turn)
  replicateToAll(turn)
}
