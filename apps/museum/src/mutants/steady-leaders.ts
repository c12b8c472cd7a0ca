// Thesis §3.10, §4.2.3, §6.4.1, §9.6: leaders that are not disturbed, hand over, know when they are useless, and hold leases.
import { type Mutant, mutant } from '../mutant.js'

const STEP = 'core/src/consensus/step.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const LEASE = 'core/src/consensus/lease.ts'
const TRANSFER = 'core/src/consensus/leadership-transfer.ts'

export const STEADY_LEADER_MUTANTS: readonly Mutant[] = [
  mutant(
    'votes-beside-a-leader',
    'Whoever has just heard from a leader votes for another all the same: a lease rests on nothing (§4.2.3).',
    'core/src/consensus/stickiness.ts',
    "return now - contactAt < electionTimeoutMsMin ? 'leader-alive' : undefined",
    'return undefined',
  ),
  mutant(
    'leader-forgotten-with-its-term',
    'A later term makes a voter forget when it last heard from a leader, whose lease goes on (thesis §6.4.1).',
    EVOLVE,
    'state.currentTerm = event.term\n',
    'state.currentTerm = event.term\n      state.leaderContactAt = Number.NEGATIVE_INFINITY\n',
  ),
  mutant(
    'pre-vote-skipped',
    'A server that hears nobody campaigns at once: cut off, it counts terms up and deposes the leader when it is back.',
    STEP,
    'if (state.options.steadyLeader) startPreVote(turn)\n  else campaign(turn)',
    'campaign(turn)',
  ),
  mutant(
    'lease-before-the-first-commit',
    'A new leader answers by its lease before it knows what is committed: what the one before acknowledged is not there.',
    LEASE,
    'role.transfer !== undefined || state.commitIndex < role.firstIndex) return false',
    'role.transfer !== undefined) return false',
  ),
  mutant(
    'late-time-to-campaign-obeyed',
    'A TimeoutNow of an earlier term is obeyed in a later one, and overrides the votes that are owed to its leader.',
    TRANSFER,
    'if (request.term !== state.currentTerm || !state',
    'if (!state',
  ),
]
