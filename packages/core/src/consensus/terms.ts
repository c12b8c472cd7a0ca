// Raft §5.1, terms: "if one server's current term is smaller than the other's, then it updates its current term to
// the larger value. If a candidate or leader discovers that its term is out of date, it immediately reverts to
// follower state."
import { isOut } from './configuration.js'
import { drawElectionTimeout, resetElectionTimer } from './election-timer.js'
import type { BecameFollowerReason } from './events.js'
import { refuseWaitingReads } from './read-index.js'
import type { State } from './state.js'
import type { Turn } from './turn.js'
import type { Term } from './types.js'

/** Adopts a higher term as a follower that knows no leader and has not voted. */
export function adoptTerm(turn: Turn, term: Term): void {
  const { role } = turn.state
  refuseWaitingReads(turn)
  turn.record({ type: 'TermAdvanced', term })
  if (role.role !== 'follower') stepDown(turn, role, 'higher-term')
}

/** Gives up a role. Within a term the vote stays (two votes in one term otherwise). */
export function becomeFollower(turn: Turn, reason: BecameFollowerReason): void {
  refuseWaitingReads(turn)
  stepDown(turn, turn.state.role, reason)
}

function stepDown(turn: Turn, role: State['role'], reason: BecameFollowerReason): void {
  turn.record({ type: 'BecameFollower', term: turn.state.currentTerm, reason })
  // A leader's election timer has not been running.
  drawElectionTimeout(turn)
  resetElectionTimer(turn)
  // Who has not committed anything in its term may have that from a snapshot, and be a member again since.
  if (role.role !== 'leader' || turn.state.commitIndex < role.firstIndex) return
  if (isOut(turn.state)) turn.do({ type: 'Removed' })
}
