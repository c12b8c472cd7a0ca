// Thesis §6.4: linearizable reads without writing to the log.
import { broadcastHeartbeat } from './log-replication.js'
import type { ReadIndexReply, ReadIndexRequest } from './messages.js'
import { isQuorum } from './quorum.js'
import { leaderOf, type PendingRead } from './state.js'
import type { Turn } from './turn.js'
import type { NodeId } from './types.js'

/** A client of this server wants to read: the leader queues it, a follower asks the leader. */
export function requestRead(turn: Turn, readId: number): void {
  const { state } = turn
  if (state.role.role === 'leader') return queueRead(turn, { readId, from: state.id })
  const leader = leaderOf(state)
  if (leader === undefined) return turn.do({ type: 'RefuseReads', readIds: [readId] })
  turn.send(leader, { type: 'ReadIndexRequest', term: state.currentTerm, readId })
}

export function receiveReadIndexRequest(turn: Turn, from: NodeId, request: ReadIndexRequest): void {
  const read = { readId: request.readId, from }
  if (turn.state.role.role === 'leader') queueRead(turn, read)
  else refuse(turn, [read])
}

export function receiveReadIndexReply(turn: Turn, reply: ReadIndexReply): void {
  const { readId, readIndex } = reply
  if (reply.confirmed) turn.do({ type: 'AnswerReads', readIds: [readId], readIndex })
  else turn.do({ type: 'RefuseReads', readIds: [readId] })
}

function queueRead(turn: Turn, read: PendingRead): void {
  const { role, options } = turn.state
  // A leader without a quorum answers nobody, and followers ask again and again.
  if (role.role === 'leader' && role.reads.length >= options.pendingReadsMax) return refuse(turn, [read])
  turn.record({ type: 'ReadQueued', readId: read.readId, from: read.from })
  startReadRound(turn)
}

/**
 * Begins one round for all reads that wait, unless one is under way: those that come later wait for the next, because
 * an acknowledgement only counts for reads that began before its round (etcd#20418: never reuse a round).
 */
export function startReadRound(turn: Turn): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader' || role.reads.length === 0 || role.readRoundCount > 0) return
  // "If the leader has not yet marked an entry from its current term committed, it waits until it has done so."
  if (state.commitIndex < role.firstIndex) return
  turn.record({ type: 'ReadRoundStarted', round: role.readRound + 1 })
  broadcastHeartbeat(turn)
  confirmReadRound(turn)
}

/** "It issues a new round of heartbeats and waits for their acknowledgments from a majority of the cluster." */
export function confirmReadRound(turn: Turn): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader' || role.readRoundCount === 0) return
  const confirmed = (voter: NodeId): boolean =>
    voter === state.id || (role.followers.get(voter)?.ackedRound ?? 0) >= role.readRound
  if (!isQuorum(state.configuration, confirmed)) return
  const reads = role.reads.slice(0, role.readRoundCount)
  const readIndex = role.readRoundIndex
  turn.record({ type: 'ReadsAnswered', count: reads.length })
  const own = reads.filter((read) => read.from === state.id).map((read) => read.readId)
  if (own.length > 0) turn.do({ type: 'AnswerReads', readIds: own, readIndex })
  for (const { from, readId } of reads) {
    if (from === state.id) continue
    turn.send(from, { type: 'ReadIndexReply', term: state.currentTerm, readId, confirmed: true, readIndex })
  }
  startReadRound(turn)
}

/** Nothing survives a change of leader: all that wait are told to ask again. */
export function refuseAllReads(turn: Turn): void {
  const { role } = turn.state
  if (role.role === 'leader') refuse(turn, role.reads)
}

function refuse(turn: Turn, reads: readonly PendingRead[]): void {
  const { state } = turn
  const own = reads.filter((read) => read.from === state.id).map((read) => read.readId)
  if (own.length > 0) turn.do({ type: 'RefuseReads', readIds: own })
  for (const { from, readId } of reads) {
    if (from === state.id) continue
    const term = state.currentTerm
    turn.send(from, { type: 'ReadIndexReply', term, readId, confirmed: false, readIndex: 0 })
  }
}
