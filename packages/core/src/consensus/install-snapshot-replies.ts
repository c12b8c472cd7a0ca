// Raft §7: InstallSnapshot, what the leader learns from the answers.
import { followerOf } from './log-compaction.js'
import { matched } from './log-replication-replies.js'
import type { InstallSnapshotReply } from './messages.js'
import type { Install } from './state.js'
import type { Turn } from './turn.js'
import type { NodeId } from './types.js'

export function receiveInstallSnapshotReply(turn: Turn, from: NodeId, reply: InstallSnapshotReply): void {
  const { state } = turn
  const follower = followerOf(state, from)
  if (reply.term !== state.currentTerm || follower === undefined) return
  turn.record({ type: 'FollowerContacted', follower: from, round: 0, at: turn.now })
  if (reply.matchIndex > 0) return matched(turn, from, follower, reply.matchIndex)
  if (follower.state !== 'snapshot') return
  noteProgress(turn, from, follower.install, reply)
  turn.do({ type: 'ContinueSnapshot', from, reply })
}

/** What begins anew in the same snapshot gets no further before it is where it was: it may begin anew for ever. */
function noteProgress(turn: Turn, follower: NodeId, before: Install, reply: InstallSnapshotReply): void {
  const { lastIncludedIndex } = reply
  if (lastIncludedIndex < before.lastIncludedIndex) return
  const isNext = lastIncludedIndex > before.lastIncludedIndex
  const nextOffset = isNext ? reply.nextOffset : Math.max(reply.nextOffset, before.nextOffset)
  const creditOffset = isNext ? reply.creditOffset : Math.max(reply.creditOffset, before.creditOffset)
  if (!isNext && nextOffset === before.nextOffset && creditOffset === before.creditOffset) return
  const { now: at } = turn
  turn.record({ type: 'SnapshotProgressed', follower, lastIncludedIndex, nextOffset, creditOffset, at })
}
