// Raft §6: servers that are removed, the leader among them. They are told so, and then left alone.
import { isMember, isVoter } from './configuration.js'
import { successor } from './leadership-transfer.js'
import { broadcastHeartbeat } from './log-replication.js'
import type { AppendEntriesReply } from './messages.js'
import type { Follower } from './state.js'
import { becomeFollower } from './terms.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId } from './types.js'

/** The removal is committed: everybody hears of it, and those who leave have an election timeout to say that they did. */
export function tellRemoved(turn: Turn): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader') return
  const isUntold = ({ leaving }: Follower): boolean =>
    leaving !== undefined && leaving.told === undefined && leaving.index <= state.commitIndex
  if (![...role.followers.values()].some(isUntold)) return
  broadcastHeartbeat(turn)
  const until = turn.now + state.options.electionTimeoutMsMax
  turn.record({ type: 'RemovalCommitted', commitIndex: state.commitIndex, round: role.round, until })
}

/** It answers a round that told it, and has the entry: it knows. */
export function leaveWhenTold(turn: Turn, from: NodeId, follower: Follower, reply: AppendEntriesReply): void {
  const { leaving } = follower
  if (leaving?.told === undefined || !reply.success) return
  if (reply.round < leaving.told.round || reply.matchIndex < leaving.index) return
  turn.record({ type: 'FollowerLeft', follower: from })
  leaveWhenRemoved(turn)
}

/** At each heartbeat: who does not answer is gone already. */
export function forgetRemoved(turn: Turn): void {
  const { role } = turn.state
  if (role.role !== 'leader') return
  for (const [follower, { leaving }] of role.followers) {
    if (leaving?.told !== undefined && turn.now >= leaving.told.until)
      turn.record({ type: 'FollowerLeft', follower })
  }
  leaveWhenRemoved(turn)
}

/**
 * "the leader steps down (returns to follower state) once it has committed the C_new log entry"; thesis §4.2.2. Here when
 * something of its own term is committed, too, behind which nothing takes it back, and when the others that leave know of it;
 * and with a word to its successor, so that nobody has to wait for an election timeout.
 */
export function leaveWhenRemoved(turn: Turn): void {
  const { state } = turn
  const { role, configuration, configurations } = state
  if (role.role !== 'leader' || isVoter(configuration, state.id)) return
  if (configurations.at(-1)!.index > state.commitIndex || state.commitIndex < role.firstIndex) return
  for (const { leaving } of role.followers.values()) if (leaving !== undefined) return
  broadcastHeartbeat(turn)
  const to = successor(state, role)
  if (to !== undefined) turn.send(to, { type: 'TimeoutNow', term: state.currentTerm })
  becomeFollower(turn, 'removed')
}

/**
 * A follower has committed something, and its leader `leaderCommit`: it is out when that and what its leader sends end with
 * the entry that removed it. Behind that there may be entries of its own: it led, and was deposed. A server that was
 * never in is still learning who is.
 */
export function noticeRemoval(turn: Turn, leaderCommit: LogIndex, lastNewIndex: LogIndex): void {
  const { id, configurations } = turn.state
  const { index, configuration } = configurations.at(-1)!
  if (index !== leaderCommit || index !== lastNewIndex || isMember(configuration, id)) return
  const previous = configurations.at(-2)
  if (previous !== undefined && isMember(previous.configuration, id)) turn.do({ type: 'Removed' })
}
