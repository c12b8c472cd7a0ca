// Raft §7: InstallSnapshot, what the leader learns from the answers.
import { followerOf } from './log-compaction.js'
import { matched } from './log-replication-replies.js'
import type { InstallSnapshotReply } from './messages.js'
import type { Turn } from './turn.js'
import type { NodeId } from './types.js'

export function receiveInstallSnapshotReply(turn: Turn, from: NodeId, reply: InstallSnapshotReply): void {
  const { state } = turn
  const follower = followerOf(state, from)
  if (reply.term !== state.currentTerm || follower === undefined) return
  turn.record({ type: 'FollowerContacted', follower: from, round: 0, at: turn.now })
  if (reply.matchIndex > 0) return matched(turn, from, follower, reply.matchIndex)
  if (follower.state === 'snapshot') turn.do({ type: 'ContinueSnapshot', from, reply })
}
