// Deliberate bugs, as replacements in the built code: each must be caught by the simulator.

export interface Mutant {
  readonly name: string
  /** The end of the built file's path. */
  readonly file: string
  readonly from: string
  readonly to: string
  /** The first of the seeds 1, 2, 3, ... that caught it when it was added. */
  readonly seed: number
}

const mutant = (seed: number, name: string, file: string, from: string, to: string): Mutant => ({
  name,
  file,
  from,
  to,
  seed,
})

export const MUTANTS: readonly Mutant[] = [
  mutant(
    3,
    'a second vote in a term',
    'consensus/leader-election.js',
    'state.votedFor !== undefined && state.votedFor !== from',
    'false',
  ),
  mutant(3, 'a vote for an old log', 'consensus/leader-election.js', 'isUpToDate(state, request)', 'true'),
  mutant(
    2,
    'a vote before it is durable',
    'consensus/persist-before-speaking.js',
    'return message.voteGranted ? state.writes.hardState : 0',
    'return 0',
  ),
  mutant(
    2,
    'an acknowledgement before it is durable',
    'consensus/persist-before-speaking.js',
    'return Math.max(state.writes.hardState, writeCovering(state, message.matchIndex))',
    'return 0',
  ),
  mutant(
    1,
    'a leader that counts what its disk does not hold',
    'consensus/commitment.js',
    'state.writes.durableIndex',
    'state.log.lastIndex',
  ),
  mutant(
    1,
    'an old term committed by counting',
    'consensus/commitment.js',
    '|| state.log.termAt(index) !== state.currentTerm',
    '',
  ),
  mutant(
    3,
    'a follower that commits beyond what matches',
    'consensus/commitment.js',
    'Math.min(leaderCommit, lastNewIndex)',
    'Math.min(leaderCommit, turn.state.log.lastIndex)',
  ),
  mutant(
    8,
    'a completed write that acknowledges what replaced its entries',
    'consensus/evolve.js',
    'write.lastIndex = Math.min(write.lastIndex, last)',
    '',
  ),
  mutant(
    3,
    'an entry before the appended ones of another term',
    'consensus/append-entries.js',
    'if (state.log.termAt(prevLogIndex) !== prevLogTerm)',
    'if (state.log.termAt(prevLogIndex) === undefined)',
  ),
  mutant(
    9,
    'a read that nobody confirmed',
    'consensus/read-index.js',
    'if (!isQuorum(state.configuration, confirmed))',
    'if (false)',
  ),
  mutant(
    1,
    'a read before the first commit of the term',
    'consensus/read-index.js',
    'if (state.commitIndex < role.firstIndex)',
    'if (false)',
  ),
  mutant(
    1,
    'a read round used twice',
    'consensus/read-index.js',
    'round: role.readRound + 1',
    'round: Math.max(1, role.readRound)',
  ),
  mutant(
    1,
    'a read that does not wait for its index',
    'node/reads.js',
    'if (read.minIndex > lastApplied)',
    'if (false)',
  ),
  mutant(
    6,
    'a repeated forward that is appended again',
    'node/forward-guard.js',
    'if (sequence <= seen.floor || seen.above.has(sequence))',
    'if (false)',
  ),
  mutant(
    3,
    'a command of a session that is applied twice',
    'node/sessions/session.js',
    'if (sequence < this.#end)',
    'if (false)',
  ),
  mutant(
    3,
    'a command on its way that is called certainly not applied',
    'node/proposal.js',
    "this.stage === 'waiting' ?",
    "this.stage !== 'appended' ?",
  ),
  mutant(
    4,
    'a node that goes on after a failed write',
    'node/log-writer.js',
    'this.#events.failed(error)',
    'this.#events.persisted(batch.write)',
  ),
  mutant(
    3,
    'a segment that forgets the vote',
    'dist/log-appender.js',
    'this.#state.hardState = hardState',
    'void 0',
  ),
]
