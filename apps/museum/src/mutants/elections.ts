// Raft §5.1, §5.2, §5.4.1: terms, votes, leaders.
import { type Mutant, mutant } from '../mutant.js'

const ELECTION = 'core/src/consensus/leader-election.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const STEP = 'core/src/consensus/step.ts'

export const ELECTION_MUTANTS: readonly Mutant[] = [
  mutant(
    'vote-given-twice',
    'Whoever asks gets the vote, also the second in a term: two leaders.',
    ELECTION,
    "if (state.votedFor !== undefined && state.votedFor !== from) return 'voted-for-another'",
    '',
  ),
  mutant(
    'same-term-vote-forgotten',
    'A candidate that meets the leader of its own term forgets its vote and votes again (camunda#5356, CCF#8094).',
    EVOLVE,
    "case 'BecameFollower':",
    "case 'BecameFollower':\n      state.votedFor = undefined",
  ),
  mutant(
    'vote-forgotten-at-restart',
    'The vote is on disk and nobody reads it: after a crash a server votes again in the same term.',
    EVOLVE,
    'state.votedFor = event.hardState.votedFor',
    'state.votedFor = undefined',
  ),
  mutant(
    'term-forgotten-at-restart',
    'After a crash the term is that of the last entry: terms go back, and are voted in twice.',
    EVOLVE,
    'state.currentTerm = event.hardState.currentTerm',
    'state.currentTerm = event.runs.at(-1)?.term ?? 0',
  ),
  mutant(
    'no-election-restriction',
    'A candidate gets votes whatever its log lacks: a leader without committed entries (§5.4.1).',
    ELECTION,
    'if (request.lastLogTerm !== state.log.lastTerm) return request.lastLogTerm > state.log.lastTerm',
    'return true',
  ),
  mutant(
    'longer-log-wins',
    'Logs are compared by length alone: a long log of an old term beats a committed one (§5.4.1).',
    ELECTION,
    'if (request.lastLogTerm !== state.log.lastTerm) return request.lastLogTerm > state.log.lastTerm',
    '',
  ),
  mutant(
    'later-term-alone-wins',
    'Among logs of the same last term the shorter one is good enough: committed entries are lost (§5.4.1).',
    ELECTION,
    'return request.lastLogIndex >= state.log.lastIndex',
    'return true',
  ),
  mutant(
    'old-votes-counted',
    'A vote of an earlier term that arrives late counts in the present one: two leaders.',
    ELECTION,
    "if (reply.term !== state.currentTerm || state.role.role !== 'candidate') return",
    "if (state.role.role !== 'candidate') return",
  ),
  mutant(
    'refusals-counted',
    'Every answer to a request for votes counts as a vote.',
    ELECTION,
    "turn.record({ type: 'VoteReceived', term: state.currentTerm, voter, voteGranted })",
    "turn.record({ type: 'VoteReceived', term: state.currentTerm, voter, voteGranted: true })",
  ),
  mutant(
    'half-is-a-quorum',
    'In a cluster of even size one half decides, and so does the other.',
    'core/src/consensus/quorum.ts',
    'return Math.floor(configuration.voters.length / 2) + 1',
    'return Math.ceil(configuration.voters.length / 2)',
  ),
  mutant(
    'own-vote-counted-early',
    'A candidate counts its own vote before that is on disk: alone, it is elected twice in a term (etcd#14370).',
    ELECTION,
    "turn.send(voter, { type: 'RequestVote', term, lastLogIndex, lastLogTerm, transfer })\n}",
    "turn.send(voter, { type: 'RequestVote', term, lastLogIndex, lastLogTerm, transfer })\n  countVote(turn, state.id, true)\n}",
  ),
  mutant(
    'leader-keeps-leading',
    'A leader that hears of a later term does not step down.',
    STEP,
    'if (message.term > state.currentTerm && raisesTerm(turn, message)) adoptTerm(turn, message.term)',
    "if (message.term > state.currentTerm && state.role.role !== 'leader' && raisesTerm(turn, message)) adoptTerm(turn, message.term)",
  ),
  mutant(
    'no-noop',
    'A new leader appends nothing: what it inherited stays uncommitted, and reads wait for a write (§8).',
    ELECTION,
    "turn.record({ type: 'EntriesAppended', firstIndex, lastIndex: firstIndex, term })\n  turn.do({ type: 'EncodeBlock', content: 'noop', firstIndex, lastIndex: firstIndex, term })",
    '',
  ),
  mutant(
    'leader-drops-its-tail',
    'A new leader deletes what it does not know to be committed: it may be, and no leader deletes (Leader Append-Only).',
    ELECTION,
    "const firstIndex = state.log.lastIndex + 1\n  turn.record({ type: 'BecameLeader'",
    "const firstIndex = state.commitIndex + 1\n  if (firstIndex <= state.log.lastIndex) turn.record({ type: 'LogTruncated', fromIndex: firstIndex })\n  turn.record({ type: 'BecameLeader'",
  ),
  mutant(
    'wiped-member-let-in',
    'A member that lost its disk votes again under its old id: a quorum that never saw a commit.',
    'core/src/node/admission.ts',
    'if (known !== undefined && known !== hello.incarnation && isPinned) {',
    'if (known !== undefined && known !== hello.incarnation && isPinned && this.#members.size === 0) {',
  ),
]
