// Thesis §6.4: linearizable reads without writing to the log.
import { answeredRound, holdsLease } from './lease.js'
import { broadcastHeartbeat } from './log-replication.js'
import type { ReadIndexReply, ReadIndexRequest } from './messages.js'
import { leaderOf, type PendingRead } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId } from './types.js'

/** A client of this server wants to read: the leader queues it, a follower asks the leader. */
export function requestRead(turn: Turn, readId: number, lease: boolean): void {
  const { state } = turn
  if (state.role.role === 'leader') return leaderRead(turn, { readId, from: state.id }, lease)
  const leader = leaderOf(state)
  if (leader === undefined) return turn.do({ type: 'RefuseReads', readIds: [readId] })
  turn.send(leader, { type: 'ReadIndexRequest', term: state.currentTerm, readId, lease })
}

export function receiveReadIndexRequest(turn: Turn, from: NodeId, request: ReadIndexRequest): void {
  const read = { readId: request.readId, from }
  if (turn.state.role.role === 'leader') leaderRead(turn, read, request.lease)
  else refuse(turn, [read])
}

export function receiveReadIndexReply(turn: Turn, reply: ReadIndexReply): void {
  const { readId, readIndex } = reply
  if (reply.confirmed) turn.do({ type: 'AnswerReads', readIds: [readId], readIndex })
  else turn.do({ type: 'RefuseReads', readIds: [readId] })
}

function leaderRead(turn: Turn, read: PendingRead, lease: boolean): void {
  const { state, now } = turn
  const { role } = state
  // A leader that hands over answers nobody: its successor may be at work already (openraft#1747).
  if (role.role === 'leader' && role.transfer !== undefined) return refuse(turn, [read])
  if (!lease || !holdsLease(state, now)) return queueRead(turn, read)
  turn.record({ type: 'LeaseReadAnswered', ...read, readIndex: state.commitIndex, at: now })
  answer(turn, [read], state.commitIndex)
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
  turn.record({ type: 'ReadRoundStarted', round: role.round + 1 })
  broadcastHeartbeat(turn)
  confirmReadRound(turn)
}

/** "It issues a new round of heartbeats and waits for their acknowledgments from a majority of the cluster." */
export function confirmReadRound(turn: Turn): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader' || role.readRoundCount === 0) return
  if (answeredRound(state) < role.readRound) return
  const reads = role.reads.slice(0, role.readRoundCount)
  const readIndex = role.readRoundIndex
  turn.record({ type: 'ReadsAnswered', count: reads.length })
  answer(turn, reads, readIndex)
  startReadRound(turn)
}

function answer(turn: Turn, reads: readonly PendingRead[], readIndex: LogIndex): void {
  const { state } = turn
  const own = reads.filter((read) => read.from === state.id).map((read) => read.readId)
  if (own.length > 0) turn.do({ type: 'AnswerReads', readIds: own, readIndex })
  for (const { from, readId } of reads) {
    if (from === state.id) continue
    turn.send(from, { type: 'ReadIndexReply', term: state.currentTerm, readId, confirmed: true, readIndex })
  }
}

/** Nothing survives a change of leader: all that wait are told to ask again. */
export function refuseWaitingReads(turn: Turn): void {
  const { role } = turn.state
  if (role.role !== 'leader' || role.reads.length === 0) return
  const { reads } = role
  turn.record({ type: 'ReadsAnswered', count: reads.length })
  refuse(turn, reads)
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
