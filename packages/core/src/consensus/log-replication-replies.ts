// Raft §5.3: log replication, what the leader learns from the answers.
import { advanceCommitIndex } from './commitment.js'
import { invariant } from './invariant-violation.js'
import { sendTimeoutNow } from './leadership-transfer.js'
import { leaveWhenTold } from './leaving.js'
import type { AppendEntriesReply } from './messages.js'
import { confirmReadRound } from './read-index.js'
import type { Follower } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId } from './types.js'
import { measure } from './window.js'

export function receiveAppendEntriesReply(turn: Turn, from: NodeId, reply: AppendEntriesReply): void {
  const { state } = turn
  if (reply.term !== state.currentTerm || state.role.role !== 'leader') return
  const follower = state.role.followers.get(from)
  if (follower === undefined) return
  turn.record({ type: 'FollowerContacted', follower: from, round: reply.round, at: turn.now })
  if (reply.success) matched(turn, from, follower, reply.matchIndex)
  else conflicted(turn, from, follower, reply)
  leaveWhenTold(turn, from, follower, reply)
  confirmReadRound(turn)
  if (state.role.role === 'leader' && state.role.transfer?.timeoutNowSent === false) sendTimeoutNow(turn)
}

function matched(turn: Turn, from: NodeId, follower: Follower, matchIndex: LogIndex): void {
  const { state } = turn
  invariant(matchIndex <= state.log.lastIndex, 'a follower matches no more than the log holds')
  if (matchIndex > follower.matchIndex || follower.state === 'probe') {
    measure(turn, from, follower, matchIndex)
    turn.record({ type: 'FollowerMatched', follower: from, matchIndex })
    advanceCommitIndex(turn)
  }
  turn.do({ type: 'Replicate', to: from })
}

/**
 * §5.3: "After a rejection, the leader decrements nextIndex and retries the AppendEntries RPC." The follower's hint
 * skips all it cannot agree on at once: at hintIndex it has hintTerm, so nothing of a later term can match there.
 */
function conflicted(turn: Turn, from: NodeId, follower: Follower, reply: AppendEntriesReply): void {
  // An old refusal: it matches by now, or it is not about what was sent last.
  if (reply.rejectedIndex <= follower.matchIndex || reply.rejectedIndex >= follower.nextIndex) return
  const agree = turn.state.log.lastIndexOfTermAtMost(reply.hintIndex, reply.hintTerm)
  const nextIndex = Math.max(follower.matchIndex, Math.min(agree, reply.rejectedIndex - 1)) + 1
  turn.record({ type: 'FollowerProbed', follower: from, nextIndex })
  turn.do({ type: 'Replicate', to: from })
}

/**
 * The connection to `peer` is new: forget what was in flight and find the place again from matchIndex. A leader that
 * is still probing knows no matchIndex yet, and keeps its place: from 0 it would send its whole log.
 */
export function peerConnected(turn: Turn, peer: NodeId): void {
  const { state } = turn
  const follower = state.role.role === 'leader' ? state.role.followers.get(peer) : undefined
  if (follower === undefined) return
  const nextIndex = follower.state === 'probe' ? follower.nextIndex : follower.matchIndex + 1
  turn.record({ type: 'FollowerProbed', follower: peer, nextIndex })
  turn.do({ type: 'Replicate', to: peer })
}
