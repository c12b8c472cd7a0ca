// Raft §5.3, §5.4.2: what counts as committed, and what is applied of it.
import { type Mutant, mutant } from '../mutant.js'

const COMMITMENT = 'core/src/consensus/commitment.ts'

export const COMMITMENT_MUTANTS: readonly Mutant[] = [
  mutant(
    'earlier-term-counted',
    'An entry of an earlier term is committed by counting: a later leader removes it (Figure 8).',
    COMMITMENT,
    'if (index <= state.commitIndex || state.log.termAt(index) !== state.currentTerm) return',
    'if (index <= state.commitIndex) return',
  ),
  mutant(
    'own-memory-counted',
    'A leader counts itself for what only its memory holds.',
    COMMITMENT,
    'voter === state.id ? state.writes.durableIndex :',
    'voter === state.id ? state.log.lastIndex :',
  ),
  mutant(
    'alone-means-committed',
    'A single server acknowledges before its disk has it (etcd#14370).',
    COMMITMENT,
    'voter === state.id ? state.writes.durableIndex :',
    'voter === state.id ? (followers.size === 0 ? state.log.lastIndex : state.writes.durableIndex) :',
  ),
  mutant(
    'sorted-the-wrong-way',
    'The quorum is taken from the other end: right for odd sizes, half a cluster for even ones.',
    'core/src/consensus/quorum.ts',
    'sort((a, b) => b - a)',
    'sort((a, b) => a - b)',
  ),
  mutant(
    'sent-means-matched',
    'What was sent to a follower counts as stored there.',
    COMMITMENT,
    '(followers.get(voter)?.matchIndex ?? 0)',
    '(followers.get(voter)?.nextIndex ?? 1) - 1',
  ),
  mutant(
    'commit-beyond-the-match',
    'A follower commits up to leaderCommit whatever this message has shown to match (scylladb#9965).',
    COMMITMENT,
    'const index = Math.min(leaderCommit, lastNewIndex)',
    'const index = Math.min(leaderCommit, turn.state.log.lastIndex)',
  ),
  mutant(
    'heartbeat-commits-beyond-the-match',
    'The same by heartbeats alone (scylladb#10578).',
    'core/src/consensus/append-entries.ts',
    'entries.at(-1)?.lastIndex ?? prevLogIndex, baseIndex',
    'entries.at(-1)?.lastIndex ?? state.log.lastIndex, baseIndex',
  ),
  mutant(
    'apply-through-the-truncated',
    'Apply goes on through a fetched block that was truncated meanwhile (ours, 53ee733).',
    'core/src/node/applier.ts',
    'return this.#log.termAt(last) === term ? last : 0',
    'return Math.min(this.commitIndex, lastIndex)',
  ),
]
