// Proposals: forwarded, repeated, and answered with what became of them.
import { type Mutant, mutant } from '../mutant.js'

const BATCH = 'core/src/node/batch.ts'
const FORWARDER = 'core/src/node/forwarder.ts'
const GUARD = 'core/src/node/forward-guard.ts'
const PROPOSAL = 'core/src/node/proposal.ts'
const REFUSE_EARLIER = 'if (message.term < term) return this.#reply(from, sequence, undefined)'

export const PROPOSAL_MUTANTS: readonly Mutant[] = [
  mutant(
    'unknown-called-certain',
    'A command on its way to the leader is called certainly not applied when its caller gives up.',
    PROPOSAL,
    "this.stage === 'waiting' ?",
    "this.stage !== 'appended' ?",
  ),
  mutant(
    'doubt-forgotten',
    'A command whose first Forward was never answered is called certainly not applied while it waits for the second.',
    BATCH,
    'proposal.doubtTerm = Math.max(proposal.doubtTerm, proposal.term)',
    'proposal.doubtTerm = 0',
  ),
  mutant(
    'copy-appended-twice',
    'A forwarded request that arrives twice is accepted twice.',
    FORWARDER,
    'if (message.term > term || !this.#guard.firstTime(from, message)) return',
    'if (message.term > term) return\n    this.#guard.firstTime(from, message)',
  ),
  mutant(
    'copy-of-the-accepted-refused',
    'A copy of an accepted request is refused in the next term, and called certainly not applied (ours, eb633a6).',
    FORWARDER,
    `if (message.term > term || !this.#guard.firstTime(from, message)) return\n    ${REFUSE_EARLIER}`,
    `${REFUSE_EARLIER}\n    if (message.term > term || !this.#guard.firstTime(from, message)) return`,
  ),
  mutant(
    'restarted-and-refused',
    'A process refuses a copy of what its predecessor had accepted: its caller is told that nothing happened.',
    GUARD,
    'if (term < this.#term || term <= this.#recoveredTerm) return false',
    'if (term < this.#term) return false',
  ),
  {
    name: 'sequences-begin-anew',
    story:
      'A new process numbers its requests like the one before: old answers are taken for new ones (ours, eb633a6).',
    edits: [
      { file: FORWARDER, find: 'this.#sequence = options.processId', replace: 'this.#sequence = 0' },
      { file: GUARD, find: 'floor: processId', replace: 'floor: 0' },
    ],
  },
]
