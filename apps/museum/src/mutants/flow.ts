// Flow control: what is bounded must open again.
import { type Mutant, mutant } from '../mutant.js'

const BACKLOG = 'core/src/node/backlog.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const WINDOW = 'core/src/consensus/window.ts'

export const FLOW_MUTANTS: readonly Mutant[] = [
  mutant(
    'backlog-never-settles',
    'What is committed, durable and applied still counts as uncommitted: after a while a leader takes nothing more.',
    BACKLOG,
    'if (log.lastIndex - Math.max(this.#settled, role.firstIndex) >= pendingProposalsMax) return true',
    'if (log.lastIndex - role.firstIndex >= pendingProposalsMax) return true',
  ),
  mutant(
    'window-kept-for-the-lost',
    'A probe forgets what was in flight but not that it fills the window: nothing is ever sent again.',
    EVOLVE,
    'clearInFlight(follower)\n        follower.window = freshWindow(state.options)',
    'follower.inFlight = []\n        follower.window = freshWindow(state.options)',
  ),
  mutant(
    'window-shrunk-to-nothing',
    'A window that shrinks has no smallest size: a follower that was slow once gets nothing any more.',
    WINDOW,
    'bytes: clamp(Math.floor(window.bytesPerMs * allowedMs), least.bytes, window.bytes)',
    'bytes: -1',
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
