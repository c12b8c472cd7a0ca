// Raft §5.3, §5.4.2: when an entry is committed.

import { noticeRemoval } from './leaving.js'
import { replicateToAll } from './log-replication.js'
import { continueMembershipChange } from './membership-changes.js'
import { quorumIndex } from './quorum.js'
import { confirmReadRound, startReadRound } from './read-index.js'
import type { Turn } from './turn.js'
import type { LogIndex } from './types.js'

/**
 * "If there exists an N such that N > commitIndex, a majority of matchIndex[i] ≥ N, and log[N].term == currentTerm:
 * set commitIndex = N" (Figure 2). The leader counts itself by what its own disk holds.
 */
export function advanceCommitIndex(turn: Turn): void {
  const { state } = turn
  if (state.role.role !== 'leader') return
  const { followers } = state.role
  const reached = (voter: string): LogIndex =>
    voter === state.id ? state.writes.durableIndex : (followers.get(voter)?.matchIndex ?? 0)
  const index = quorumIndex(state.configuration, reached)
  // §5.4.2: "Raft never commits log entries from previous terms by counting replicas."
  if (index <= state.commitIndex || state.log.termAt(index) !== state.currentTerm) return
  commit(turn, index)
  replicateToAll(turn)
  continueMembershipChange(turn)
  // A quorum of the configuration that came with it may have answered already, and nobody else be left to answer.
  confirmReadRound(turn)
  // The first commit of the term is what waiting reads have been waiting for.
  startReadRound(turn)
}

/**
 * "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)" (Figure 2): heartbeats
 * too, and never beyond what this very message has shown to match.
 */
export function followerCommit(turn: Turn, leaderCommit: LogIndex, lastNewIndex: LogIndex): void {
  const index = Math.min(leaderCommit, lastNewIndex)
  if (index <= turn.state.commitIndex) return
  commit(turn, index)
  noticeRemoval(turn, leaderCommit, lastNewIndex)
}

function commit(turn: Turn, commitIndex: LogIndex): void {
  turn.record({ type: 'CommitAdvanced', commitIndex, term: turn.state.currentTerm })
  turn.do({ type: 'Apply', commitIndex })
}
