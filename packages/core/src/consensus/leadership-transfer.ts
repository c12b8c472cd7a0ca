// Thesis §3.10: leadership transfer.
import { isVoter } from './configuration.js'
import { campaign } from './leader-election.js'
import type { TimeoutNow } from './messages.js'
import { refuseWaitingReads } from './read-index.js'
import type { LeaderState, State } from './state.js'
import type { Turn } from './turn.js'
import type { NodeId } from './types.js'

/** "The prior leader stops accepting new client requests", reads too (openraft#1747), until it is over. */
export function transferLeadership(turn: Turn, wanted: NodeId | undefined): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader') return turn.do({ type: 'TransferFailed', reason: 'not-leader' })
  if (role.transfer !== undefined) return turn.do({ type: 'TransferFailed', reason: 'under-way' })
  const to = wanted ?? successor(state, role)
  if (to === undefined || !role.followers.has(to) || !state.configuration.voters.includes(to))
    return turn.do({ type: 'TransferFailed', reason: 'no-successor' })
  // "If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer".
  const deadline = turn.now + state.options.electionTimeoutMsMax
  turn.record({ type: 'TransferStarted', to, deadline })
  refuseWaitingReads(turn)
  turn.do({ type: 'Replicate', to })
  sendTimeoutNow(turn)
}

/** Whoever has the most of the log; of several the one heard from last. While joint, nobody who is on the way out. */
export function successor(state: State, { followers }: LeaderState): NodeId | undefined {
  let best: NodeId | undefined
  for (const [id, { matchIndex, contactAt }] of followers) {
    if (contactAt === undefined || !state.configuration.voters.includes(id)) continue
    const other = best === undefined ? undefined : followers.get(best)!
    const isBetter =
      other === undefined ||
      matchIndex > other.matchIndex ||
      (matchIndex === other.matchIndex && contactAt > other.contactAt!)
    if (isBetter) best = id
  }
  return best
}

/** "The prior leader sends a TimeoutNow request to the target server", once that has the whole log. */
export function sendTimeoutNow(turn: Turn): void {
  const { state } = turn
  const { role } = state
  if (role.role !== 'leader' || role.transfer === undefined) return
  const { to } = role.transfer
  if (role.followers.get(to)!.matchIndex < state.log.lastIndex) return
  turn.record({ type: 'TimeoutNowSent', to })
  turn.send(to, { type: 'TimeoutNow', term: state.currentTerm })
}

/** At each heartbeat: told again, in case it was lost, or given up. */
export function continueTransfer(turn: Turn): void {
  const { role } = turn.state
  if (role.role !== 'leader' || role.transfer === undefined) return
  const { to, deadline } = role.transfer
  if (turn.now < deadline) return sendTimeoutNow(turn)
  turn.record({ type: 'TransferAborted', to })
  turn.do({ type: 'TransferFailed', reason: 'aborted' })
}

/** "the target server starts a new election": it asks nobody whether it could win. */
export function receiveTimeoutNow(turn: Turn, request: TimeoutNow): void {
  const { state } = turn
  // Of an earlier term: it was given up, or has happened.
  if (request.term !== state.currentTerm || !isVoter(state.configuration, state.id)) return
  if (state.role.role === 'follower' || state.role.role === 'pre-candidate') campaign(turn, true)
}
