// Raft §6: "Agreement (for elections and entry commitment) requires separate majorities from both the old and new
// configurations": each place that counts can forget one of them, or count whom it should not.
import { type Mutant, mutant } from '../mutant.js'

const COMMITMENT = 'core/src/consensus/commitment.ts'
const ELECTION = 'core/src/consensus/leader-election.ts'
const QUORUM = 'core/src/consensus/quorum.ts'

export const JOINT_MAJORITY_MUTANTS: readonly Mutant[] = [
  mutant(
    'joint-elects-by-the-new-half',
    'While joint a candidate is elected by the new voters: the old ones elect somebody else in the same term.',
    ELECTION,
    'if (isQuorum(state.configuration, (id) => votes.get(id) === true)) becomeLeader(turn)',
    'if (isQuorum({ voters: state.configuration.voters }, (id) => votes.get(id) === true)) becomeLeader(turn)',
  ),
  mutant(
    'joint-elects-by-the-old-half',
    'While joint a candidate is elected by the old voters, who need not know what the new ones have committed.',
    ELECTION,
    'if (isQuorum(state.configuration, (id) => votes.get(id) === true)) becomeLeader(turn)',
    'if (isQuorum({ voters: state.configuration.outgoing ?? state.configuration.voters }, (id) => votes.get(id) === true)) becomeLeader(turn)',
  ),
  mutant(
    'joint-commits-by-the-new-half',
    'While joint the new voters alone commit: the old ones may elect a leader without it.',
    COMMITMENT,
    'quorumIndex(state.configuration, reached)',
    'quorumIndex({ voters: state.configuration.voters }, reached)',
  ),
  mutant(
    'joint-commits-by-the-old-half',
    'While joint the old voters alone commit: once the phase is over, the new ones elect a leader without it.',
    COMMITMENT,
    'quorumIndex(state.configuration, reached)',
    'quorumIndex({ voters: state.configuration.outgoing ?? state.configuration.voters }, reached)',
  ),
  mutant(
    'joint-commits-by-either-half',
    'The larger of the two indexes counts, not the smaller one: one half is enough, whichever.',
    QUORUM,
    'return outgoing === undefined ? index : Math.min(index,',
    'return outgoing === undefined ? index : Math.max(index,',
  ),
  {
    name: 'joint-is-a-union',
    story:
      'While joint a majority of all voters together decides, wherever they stand: most of one half is enough.',
    edits: [
      {
        file: QUORUM,
        find: 'isMajority(configuration, agrees) && (outgoing === undefined || isMajority({ voters: outgoing }, agrees))',
        replace:
          'isMajority({ voters: [...new Set([...configuration.voters, ...(outgoing ?? [])])] }, agrees)',
      },
      {
        file: QUORUM,
        find: 'const index = majorityIndex(configuration, reached)\n  return outgoing === undefined ? index : Math.min(index, majorityIndex({ voters: outgoing }, reached))',
        replace:
          'return majorityIndex({ voters: [...new Set([...configuration.voters, ...(outgoing ?? [])])] }, reached)',
      },
    ],
  },
  mutant(
    'joint-confirms-reads-by-the-new-half',
    'While joint the new voters alone confirm a leader: the old ones have another, and what it commits is not read.',
    'core/src/consensus/lease.ts',
    'return quorumIndex(configuration, (voter) =>',
    'return quorumIndex({ voters: configuration.voters }, (voter) =>',
  ),
  mutant(
    'joint-leader-hears-the-new-half',
    'While joint a leader stays as long as the new voters answer: it can commit nothing, and keeps others from it.',
    'core/src/consensus/check-quorum.ts',
    'const contactAt = quorumIndex(state.configuration, (voter) =>',
    'const contactAt = quorumIndex({ voters: state.configuration.voters }, (voter) =>',
  ),
  mutant(
    'joint-sends-to-the-new-half',
    'While joint those that leave are sent nothing: without them nothing is committed, and the change never ends.',
    'core/src/consensus/configuration.ts',
    'return outgoing === undefined ? voters : [...new Set([...voters, ...outgoing])]',
    'return voters',
  ),
  {
    name: 'learners-commit',
    story: 'What learners have counts towards a commit: no vote of theirs keeps a leader without it away.',
    edits: [
      {
        file: COMMITMENT,
        find: 'quorumIndex(state.configuration, reached)',
        replace:
          'quorumIndex({ ...state.configuration, voters: [...state.configuration.voters, ...(state.configuration.learners ?? [])] }, reached)',
      },
    ],
  },
  mutant(
    'removed-leader-counts-itself',
    'A leader that is not among the new voters counts itself for what they commit (§6).',
    COMMITMENT,
    'quorumIndex(state.configuration, reached)',
    'quorumIndex({ ...state.configuration, voters: [...new Set([...state.configuration.voters, state.id])] }, reached)',
  ),
]
