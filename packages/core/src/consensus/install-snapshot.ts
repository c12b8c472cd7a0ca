// Raft §7, Figure 13: InstallSnapshot RPC, the receiver's side. The bytes are collected outside.
import { recognizeLeader, truncate } from './append-entries.js'
import { configurationInForce } from './configuration.js'
import type { InstallSnapshot } from './messages.js'
import { leaderOf } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId, SnapshotPoint } from './types.js'

export function receiveInstallSnapshot(turn: Turn, from: NodeId, request: InstallSnapshot): void {
  const { state } = turn
  const { lastIncludedIndex } = request
  // "Reply immediately if term < currentTerm".
  if (request.term < state.currentTerm) return reply(turn, from, lastIncludedIndex, 0)
  recognizeLeader(turn, from)
  turn.record({ type: 'LeaderContacted', at: turn.now })
  // What is committed here is what the leader has (Leader Completeness): no snapshot is needed to come so far.
  if (lastIncludedIndex <= state.commitIndex) return reply(turn, from, lastIncludedIndex, lastIncludedIndex)
  turn.do({ type: 'StoreChunk', from, chunk: request })
}

/**
 * "If existing log entry has same index and term as snapshot's last included entry, retain log entries following it";
 * otherwise "discard the entire log". The reply is a promise: the snapshot is durable before this is called.
 */
export function snapshotRestored(turn: Turn, from: NodeId, snapshot: SnapshotPoint): void {
  const { state } = turn
  const { lastIncludedIndex, lastIncludedTerm } = snapshot
  if (lastIncludedIndex > state.lastApplied) {
    const logKept = state.log.termAt(lastIncludedIndex) === lastIncludedTerm
    // Storage forgets what is behind the snapshot's end with a write; what is before it goes with the next entries.
    if (!logKept && state.log.lastIndex > lastIncludedIndex) truncate(turn, lastIncludedIndex + 1)
    turn.record({ type: 'SnapshotInstalled', ...snapshot, logKept })
    const inForce = configurationInForce(state)
    if (inForce.index === lastIncludedIndex) turn.record({ type: 'MembershipChanged', ...inForce })
    if (!logKept) turn.do({ type: 'RestartLog', index: lastIncludedIndex, term: lastIncludedTerm })
  }
  if (leaderOf(state) === from) reply(turn, from, lastIncludedIndex, lastIncludedIndex)
}

function reply(turn: Turn, to: NodeId, lastIncludedIndex: LogIndex, matchIndex: LogIndex): void {
  const term = turn.state.currentTerm
  turn.send(to, {
    type: 'InstallSnapshotReply',
    term,
    lastIncludedIndex,
    matchIndex,
    nextOffset: 0,
    creditOffset: 0,
  })
}
