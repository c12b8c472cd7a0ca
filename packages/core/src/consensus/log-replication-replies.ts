// Raft §5.3: log replication, what the leader learns from the answers.
import { advanceCommitIndex } from './commitment.js'
import { invariant } from './invariant-violation.js'
import { sendTimeoutNow } from './leadership-transfer.js'
import { leaveWhenTold } from './leaving.js'
import { sendSnapshotIfBehind } from './log-compaction.js'
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

export function matched(turn: Turn, from: NodeId, follower: Follower, matchIndex: LogIndex): void {
  const { state } = turn
  invariant(matchIndex <= state.log.lastIndex, 'a follower matches no more than the log holds')
  if (matchIndex > follower.matchIndex || follower.state === 'probe') {
    measure(turn, from, follower, matchIndex)
    turn.record({ type: 'FollowerMatched', follower: from, matchIndex })
    // It has installed a snapshot, and the log behind that is gone by now.
    if (follower.state === 'snapshot') sendSnapshotIfBehind(turn, from)
    advanceCommitIndex(turn)
  }
  turn.do({ type: 'Replicate', to: from })
}

/**
 * §5.3: "After a rejection, the leader decrements nextIndex and retries the AppendEntries RPC." The follower's hint
 * skips all it cannot agree on at once: at hintIndex it has hintTerm, so nothing of a later term can match there.
 */
function conflicted(turn: Turn, from: NodeId, follower: Follower, reply: AppendEntriesReply): void {
  // It lacks what the snapshot brings, as is known.
  if (follower.state === 'snapshot') return
  // An old refusal: it matches by now, or it is not about what was sent last.
  if (reply.rejectedIndex <= follower.matchIndex || reply.rejectedIndex >= follower.nextIndex) return
  const agree = turn.state.log.lastIndexOfTermAtMost(reply.hintIndex, reply.hintTerm)
  const nextIndex = Math.max(follower.matchIndex, Math.min(agree, reply.rejectedIndex - 1)) + 1
  probe(turn, from, nextIndex)
}

function probe(turn: Turn, to: NodeId, nextIndex: LogIndex): void {
  turn.record({ type: 'FollowerProbed', follower: to, nextIndex })
  turn.do({ type: 'Replicate', to })
  sendSnapshotIfBehind(turn, to)
}

/**
 * The connection to `peer` is new: forget what was in flight and find the place again from matchIndex. A leader that
 * is still probing knows no matchIndex yet, and keeps its place: from 0 it would send its whole log. A snapshot under way
 * goes on where it was.
 */
export function peerConnected(turn: Turn, peer: NodeId): void {
  const { state } = turn
  const follower = state.role.role === 'leader' ? state.role.followers.get(peer) : undefined
  if (follower === undefined || follower.state === 'snapshot') return
  probe(turn, peer, follower.state === 'probe' ? follower.nextIndex : follower.matchIndex + 1)
}
