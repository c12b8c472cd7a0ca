// Flow control: what is bounded must open again.
import { type Mutant, mutant } from '../mutant.js'

const WINDOW = 'core/src/consensus/window.ts'

export const FLOW_MUTANTS: readonly Mutant[] = [
  mutant(
    'window-begins-closed',
    'A window begins with no messages: once the logs agree, nothing is sent any more.',
    WINDOW,
    'messages: Math.min(WINDOW_MESSAGES_START, inFlightMessagesMax)',
    'messages: 0',
  ),
  mutant(
    'window-not-kept',
    'The window is never looked at: a slow follower is flooded.',
    WINDOW,
    "return inFlight.length >= (state === 'probe' ? 1 : window.messages) || bytesAreFull(follower)",
    "return state === 'probe' && inFlight.length > 0 && bytesAreFull(follower)",
  ),
  mutant(
    'reads-refused-for-ever',
    'The queue of reads counts as full when it is not: nobody gets an answer.',
    'core/src/consensus/read-index.ts',
    'role.reads.length >= options.pendingReadsMax',
    'role.readRound >= options.pendingReadsMax',
  ),
]
