// Raft Figure 2: "Updated on stable storage before responding to RPCs".
import { type Mutant, mutant } from '../mutant.js'

const SPEAKING = 'core/src/consensus/persist-before-speaking.ts'
const WRITER = 'core/src/node/log-writer.ts'

export const DURABILITY_MUTANTS: readonly Mutant[] = [
  mutant(
    'acknowledged-before-durable',
    'A follower acknowledges entries that only its memory holds.',
    SPEAKING,
    'return Math.max(state.writes.hardState, writeCovering(state, message.matchIndex))',
    'return state.writes.hardState',
  ),
  mutant(
    'vote-sent-before-durable',
    'A vote leaves before it is on disk.',
    SPEAKING,
    'return message.voteGranted ? state.writes.hardState : 0',
    'return 0',
  ),
  mutant(
    'votes-asked-before-durable',
    'A candidate asks for votes before its own is on disk.',
    SPEAKING,
    "case 'RequestVote':\n      // The candidate's own vote: after a crash it must know that it has begun this term.\n      return state.writes.hardState",
    "case 'RequestVote':\n      return 0",
  ),
  mutant(
    'vote-not-persisted',
    'The term is written, the vote is not (a well-known JavaScript Raft keeps it in memory).',
    SPEAKING,
    'votedFor: state.votedFor }',
    'votedFor: undefined }',
  ),
  mutant(
    'term-not-persisted',
    'A term that others began is never written: after a crash a server promises in it again.',
    SPEAKING,
    "if (event.type === 'TermAdvanced' || event.type === 'VoteGranted') hardStateChanged = true",
    "if (event.type === 'VoteGranted') hardStateChanged = true",
  ),
  mutant(
    'term-not-waited-for',
    'An acknowledgement waits for its entries and not for the term it is given in.',
    SPEAKING,
    'return Math.max(state.writes.hardState, writeCovering(state, message.matchIndex))',
    'return writeCovering(state, message.matchIndex)',
  ),
  mutant(
    'old-completion-acknowledges',
    "After truncate-and-append the older write's completion acknowledges the new entries (etcd's append ABA race).",
    'core/src/consensus/evolve-writes.ts',
    'for (const write of state.writes.inFlight) write.lastIndex = Math.min(write.lastIndex, last)',
    '',
  ),
  mutant(
    'durable-survives-truncation',
    'What was durable before a truncation still counts as durable after it.',
    'core/src/consensus/evolve-writes.ts',
    'state.writes.durableIndex = Math.min(state.writes.durableIndex, last)',
    '',
  ),
  mutant(
    'hard-state-lost-in-merge',
    'Two waiting writes become one, and the vote of the first is dropped.',
    WRITER,
    'last.hardState = hardState ?? last.hardState',
    'last.hardState = hardState',
  ),
  mutant(
    'truncation-lost-in-merge',
    'Two waiting writes become one, and the truncation of the second is dropped.',
    WRITER,
    'last.truncateFrom = least(last.truncateFrom, truncateFrom)',
    'least(last.truncateFrom, truncateFrom)',
  ),
  mutant(
    'truncation-joins-blocks',
    'A truncation joins a write that has blocks already, and is carried out before them.',
    WRITER,
    '(!cuts || last.blocks.length === 0)',
    'true',
  ),
  mutant(
    'completed-when-begun',
    'A write counts as durable as soon as it is given to the storage.',
    WRITER,
    'try {\n        this.#storage.write(batch',
    'try {\n        this.#events.persisted(batch.write)\n        this.#storage.write(batch',
  ),
  mutant(
    'failed-write-taken-for-done',
    'A write that failed counts as durable: the disk may have any part of it.',
    WRITER,
    'if (error === undefined) return this.#events.persisted(batch.write)',
    'return this.#events.persisted(batch.write)',
  ),
  mutant(
    'outbox-one-write-early',
    'Promises leave one write before the one that makes them true.',
    'core/src/node/outbox.ts',
    'if (afterWrite > this.#persisted) {',
    'if (afterWrite > this.#persisted + 1) {',
  ),
  mutant(
    'goes-on-after-a-failed-disk',
    'After a storage error the node goes on as if it waited for the disk: a leader keeps its heartbeats (hashicorp/raft#503).',
    WRITER,
    'this.#waiting.length = 0\n    this.#events.failed(error)',
    'this.#waiting.length = 0',
  ),
]
