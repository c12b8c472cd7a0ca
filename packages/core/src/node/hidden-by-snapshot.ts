// What became of a command whose entry, if there was one, a snapshot has replaced: its session knows, or nobody does.
import type { LogIndex } from '../consensus/types.js'
import { outcomeUnknown, type Proposal } from './proposal.js'
import type { Proposals } from './proposals.js'
import type { Session } from './sessions/session.js'

/** `session`: as of the snapshot, which ends at `index`; undefined: it has ended by then, or was not opened. */
export function lookUp(
  proposals: Proposals,
  proposal: Proposal,
  session: Session | undefined,
  index: LogIndex,
): void {
  const { sessionId, sequence, stage, doubtTerm } = proposal
  // Its session is opened behind the snapshot, and so is what becomes of the command.
  if (sessionId > index) return
  const state = session?.stateOf(sequence) ?? 'expired'
  if (state === 'known') {
    const { result, index, term } = session!.outcomeOf(sequence)
    proposals.waitingIn(sessionId)?.take(sequence)
    return proposals.answer(proposal, result, index, term)
  }
  // Not in the session: not applied so far. It is still under way, or is proposed again.
  const wasSent = stage !== 'waiting' || doubtTerm > 0
  if (state === 'forgotten' || (state === 'expired' && wasSent))
    proposals.fail(proposal, outcomeUnknown('an installed snapshot hides whether the command was applied'))
}
