// Client sessions (Raft §8, thesis §6.3): a command is applied once, whatever is sent again.
import { type Mutant, mutant } from '../mutant.js'

const SESSION = 'core/src/node/sessions/session.ts'
const TABLE = 'core/src/node/sessions/session-table.ts'

export const SESSION_MUTANTS: readonly Mutant[] = [
  mutant(
    'repetition-runs-again',
    'A command that was sent again is applied again (etcd#18424).',
    SESSION,
    "if (sequence < this.#end) return 'known'",
    '',
  ),
  mutant(
    'expired-session-made-anew',
    'A session that has expired is silently made anew, and a retry in it runs a second time.',
    TABLE,
    'this.#sessions.delete(id)\n      return undefined',
    'this.#sessions.delete(id)\n      this.open(id, present.ttlMs, timestamp)\n      return this.#latest',
  ),
  mutant(
    'acknowledged-runs-again',
    'A late copy of a command whose result was let go is taken for a new command.',
    SESSION,
    "if (ahead < 0) return 'forgotten'",
    "if (ahead < 0) return 'new'",
  ),
  mutant(
    'retry-under-a-new-sequence',
    'What a lost leader left unanswered is proposed again as a new command: applied twice (etcd#18424).',
    'core/src/node/proposals.ts',
    'putBack(proposals: readonly Proposal[]): void {\n    this.#queue.putBack(proposals)',
    'putBack(proposals: readonly Proposal[]): void {\n    const own = proposals.filter((proposal) => proposal.sessionId === this.#own.id)\n    for (const { sequence } of own) this.#own.take(sequence)\n    this.#queue.putBack(proposals.filter((proposal) => !own.includes(proposal)))\n    this.#queue.startOver(own)',
  ),
  mutant(
    'session-ages-in-use',
    'A session expires though it is used: its time counts from the opening.',
    TABLE,
    'session.lastActive = timestamp\n',
    '',
  ),
  mutant(
    'later-answer-given',
    'A repetition is answered with another outcome than the first.',
    'core/src/node/applier.ts',
    'this.#proposals.answer(proposal, first.result, first.index, first.term)',
    'this.#proposals.answer(proposal, undefined, first.index, first.term)',
  ),
]
