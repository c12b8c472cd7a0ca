// Raft §5.3: log replication, the receiver's side (Figure 2, AppendEntries RPC, "Receiver implementation").

import { followerCommit } from './commitment.js'
import { configurationInForce } from './configuration.js'
import { drawElectionTimeout } from './election-timer.js'
import { invariant } from './invariant-violation.js'
import type { AppendEntries } from './messages.js'
import { leaderOf } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId, Run } from './types.js'

export function receiveAppendEntries(turn: Turn, from: NodeId, request: AppendEntries): void {
  const { state } = turn
  const { prevLogIndex, prevLogTerm, entries } = request
  // "Reply false if term < currentTerm": the reply's term tells a deposed leader.
  if (request.term < state.currentTerm) return reject(turn, from, request, state.log.lastIndex)
  recognizeLeader(turn, from)
  turn.record({ type: 'LeaderContacted', at: turn.now })

  // "Reply false if log doesn't contain an entry at prevLogIndex whose term matches prevLogTerm". What a snapshot has
  // replaced is committed, so the leader has it too: a prevLogIndex down there is no conflict (openraft#511).
  const { baseIndex } = state.log
  if (prevLogIndex >= baseIndex && state.log.termAt(prevLogIndex) !== prevLogTerm) {
    const end = Math.min(prevLogIndex, state.log.lastIndex)
    return reject(turn, from, request, state.log.lastIndexOfTermAtMost(end, prevLogTerm))
  }
  for (const run of entries) store(turn, run)

  const lastNewIndex = Math.max(entries.at(-1)?.lastIndex ?? prevLogIndex, baseIndex)
  followerCommit(turn, request.leaderCommit, lastNewIndex)
  // A heartbeat's answer does not wait for the disk: it confirms leadership, and claims only what is durable by now.
  const matchIndex = entries.length === 0 ? Math.min(lastNewIndex, state.writes.durableIndex) : lastNewIndex
  turn.send(from, {
    type: 'AppendEntriesReply',
    term: state.currentTerm,
    success: true,
    matchIndex,
    rejectedIndex: 0,
    hintIndex: 0,
    hintTerm: 0,
    round: request.round,
  })
}

/** "If AppendEntries RPC received from new leader: convert to follower" (Figure 2, Candidates). */
export function recognizeLeader(turn: Turn, leader: NodeId): void {
  const { state } = turn
  const term = state.currentTerm
  const known = leaderOf(state)
  invariant(
    known === undefined || known === leader,
    'at most one leader is elected in a term (Election Safety)',
  )
  // Same term: the vote stays (two votes in one term otherwise).
  const { role } = state.role
  if (role === 'candidate' || role === 'pre-candidate') {
    turn.record({ type: 'BecameFollower', term, reason: 'leader-found' })
    // A pre-candidate's may be a short retry: this server's own vote, too, keeps away from the leader it now hears.
    drawElectionTimeout(turn)
  }
  if (known === undefined) turn.record({ type: 'LeaderRecognized', term, leader })
}

/**
 * "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all
 * that follow it"; "Append any new entries not already in the log". Only a real conflict deletes: an old message that
 * arrives late must not cut off entries that are already acknowledged.
 */
function store(turn: Turn, run: Run): void {
  const { state } = turn
  const fromIndex = state.log.firstConflict(run)
  if (fromIndex !== undefined) truncate(turn, fromIndex)
  const firstIndex = Math.max(run.firstIndex, state.log.lastIndex + 1)
  if (firstIndex > run.lastIndex) return
  turn.record({ type: 'EntriesAppended', firstIndex, lastIndex: run.lastIndex, term: run.term })
  const { configuration } = run
  if (configuration !== undefined)
    turn.record({ type: 'MembershipChanged', index: firstIndex, configuration })
}

/**
 * §6: with its entry a configuration goes: a server "must be prepared to fall back to the previous configuration in its log"
 * (thesis §4.1).
 */
export function truncate(turn: Turn, fromIndex: LogIndex): void {
  const { state } = turn
  const was = state.configuration
  turn.record({ type: 'LogTruncated', fromIndex })
  if (state.configuration !== was) turn.record({ type: 'MembershipChanged', ...configurationInForce(state) })
}

function reject(turn: Turn, to: NodeId, request: AppendEntries, hintIndex: LogIndex): void {
  const { state } = turn
  turn.send(to, {
    type: 'AppendEntriesReply',
    term: state.currentTerm,
    success: false,
    matchIndex: 0,
    rejectedIndex: request.prevLogIndex,
    hintIndex,
    hintTerm: state.log.termAt(hintIndex) ?? 0,
    // Rounds are counted per term: one of an earlier term confirms nothing in this one, whoever leads it.
    round: request.term === state.currentTerm ? request.round : 0,
  })
}
