// Proposals: applied once, and answered with what became of them.
import { type Mutant, mutant } from '../mutant.js'

const PROPOSALS = 'core/src/node/proposals.ts'
const FORWARDER = 'core/src/node/forwarder.ts'

export const PROPOSAL_MUTANTS: readonly Mutant[] = [
  mutant(
    'answered-by-index-alone',
    "Another leader's entry at the same index is taken for one's own: a caller gets somebody else's result.",
    PROPOSALS,
    'if (at.term !== term) {',
    'if (at.term > term) {',
  ),
  mutant(
    'unknown-proposed-again',
    'What a lost leader left unanswered is proposed again: applied twice (etcd#18424).',
    PROPOSALS,
    "this.failUnknown(batch, 'the leader changed')",
    'this.returnBatch(batch)',
  ),
  mutant(
    'unknown-called-certain',
    'A command on its way to the leader is called certainly not applied when its caller gives up.',
    'core/src/node/proposal.ts',
    "this.stage === 'waiting'\n",
    "this.stage !== 'appended'\n",
  ),
  mutant(
    'copy-appended-twice',
    'A forwarded request that arrives twice is appended twice.',
    FORWARDER,
    'if (!this.#guard.firstTime(from, message)) return',
    'this.#guard.firstTime(from, message)',
  ),
  mutant(
    'copy-of-the-accepted-refused',
    'A copy of an accepted request is refused in the next term, and proposed again (ours, eb633a6).',
    FORWARDER,
    'if (message.term > term) return this.#refuse(from, sequence, false)',
    'if (message.term !== term) return this.#refuse(from, sequence, false)',
  ),
  {
    name: 'sequences-begin-anew',
    story:
      'A new process numbers its requests like the one before: old answers are taken for new ones (ours, eb633a6).',
    edits: [
      { file: FORWARDER, find: 'this.#sequence = processId', replace: 'this.#sequence = 0' },
      { file: 'core/src/node/forward-guard.ts', find: 'floor: processId', replace: 'floor: 0' },
    ],
  },
]
