// Raft §5.2, §5.6: elections when they are due, and no others.
import { type Mutant, mutant } from '../mutant.js'

const TIMER = 'core/src/consensus/election-timer.ts'

export const TIMER_MUTANTS: readonly Mutant[] = [
  mutant(
    'heartbeats-not-heard',
    'A heartbeat does not reset the election timer: elections for ever.',
    'core/src/consensus/append-entries.ts',
    "turn.record({ type: 'LeaderContacted', at: turn.now })",
    '',
  ),
  mutant(
    'heartbeats-too-rare',
    'A leader speaks once in an election timeout: its followers lose patience on a quiet network (§5.6).',
    TIMER,
    'return state.role.heartbeatAt + state.options.heartbeatMs',
    'return state.role.heartbeatAt + state.options.electionTimeoutMsMax',
  ),
  mutant(
    'deaf-while-voting',
    'A candidate ignores the leader that was elected: it asks for votes for ever, and follows nobody.',
    'core/src/consensus/append-entries.ts',
    'recognizeLeader(turn, from)\n  turn.record',
    "if (state.role.role === 'candidate' || state.role.role === 'pre-candidate') return\n  recognizeLeader(turn, from)\n  turn.record",
  ),
]
