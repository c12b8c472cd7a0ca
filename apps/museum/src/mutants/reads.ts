// Thesis §6.4: linearizable reads.
import { type Mutant, mutant } from '../mutant.js'

const READ_INDEX = 'core/src/consensus/read-index.ts'
const READS = 'core/src/node/reads.ts'

export const READ_MUTANTS: readonly Mutant[] = [
  mutant(
    'leadership-not-confirmed',
    'A leader answers reads without asking whether it still leads: a cut-off one answers from the past.',
    READ_INDEX,
    'if (answeredRound(state) < role.readRound) return',
    '',
  ),
  mutant(
    'round-reused',
    'A round begins under the number of the last one: old answers confirm it (etcd#20418).',
    READ_INDEX,
    'round: role.round + 1',
    'round: Math.max(1, role.round)',
  ),
  mutant(
    'read-joins-the-round-under-way',
    'A read that comes later is answered by a round, and an index, from before it.',
    'core/src/consensus/evolve.ts',
    'leader(state).reads.push({ readId: event.readId, from: event.from })',
    'if (leader(state).reads.push({ readId: event.readId, from: event.from }) > 1 && leader(state).readRoundCount > 0)\n        leader(state).readRoundCount++',
  ),
  mutant(
    'round-of-another-term-echoed',
    'A refusal repeats the round of an earlier term under the present one, and confirms what nobody asked (ours, ae27e2b).',
    'core/src/consensus/append-entries.ts',
    'round: request.term === state.currentTerm ? request.round : 0',
    'round: request.round',
  ),
  mutant(
    'read-before-the-first-commit',
    'A new leader answers reads before it has committed in its term: its commit index may be old (etcd#7331).',
    READ_INDEX,
    'if (state.commitIndex < role.firstIndex) return',
    '',
  ),
  mutant(
    'read-index-too-early',
    'The read index is where the leader began, not what it has committed by now.',
    'core/src/consensus/evolve.ts',
    'role.readRoundIndex = state.commitIndex',
    'role.readRoundIndex = role.firstIndex',
  ),
  mutant(
    'read-before-applied',
    'A follower has its read index and answers before it has applied that far.',
    READS,
    'if (read.minIndex > lastApplied) continue',
    '',
  ),
  mutant(
    'follower-answers-itself',
    'A follower answers by its own commit index when it knows a leader.',
    READ_INDEX,
    "turn.send(leader, { type: 'ReadIndexRequest', term: state.currentTerm, readId, lease })",
    "turn.do({ type: 'AnswerReads', readIds: [readId], readIndex: state.commitIndex })",
  ),
]
