// Raft §5.3: the followers' logs become the leader's.
import { type Mutant, mutant } from '../mutant.js'

const APPEND = 'core/src/consensus/append-entries.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const FOLLOWER = 'core/src/consensus/evolve-follower.ts'
const LOG = 'core/src/consensus/log.ts'
const REPLIES = 'core/src/consensus/log-replication-replies.ts'
const REPLICATION = 'core/src/consensus/log-replication.ts'

export const REPLICATION_MUTANTS: readonly Mutant[] = [
  mutant(
    'stale-append-truncates',
    'An old AppendEntries that arrives late cuts off what was acknowledged after it (a well-known JavaScript Raft).',
    APPEND,
    'const fromIndex = state.log.firstConflict(run)',
    'const fromIndex = run.firstIndex <= state.log.lastIndex ? run.firstIndex : undefined',
  ),
  mutant(
    'conflict-beyond-the-end',
    'A run behind the log is compared with the first run of it, and the log is cut where nothing conflicts (ours, ab60998).',
    LOG,
    'if (start === -1) return undefined\n    for (let i = start;',
    'for (let i = Math.max(0, start);',
  ),
  mutant(
    'conflict-cuts-the-whole-run',
    'A conflict deletes the whole run it stands in, with the entries before it that agree.',
    LOG,
    'if (mine.term !== run.term) return Math.max(mine.firstIndex, run.firstIndex)',
    'if (mine.term !== run.term) return mine.firstIndex',
  ),
  mutant(
    'conflict-not-seen',
    'Entries that differ in term stay: two logs that never agree again.',
    APPEND,
    'const fromIndex = state.log.firstConflict(run)',
    'const fromIndex = undefined as number | undefined',
  ),
  mutant(
    'previous-term-not-compared',
    'That there is an entry at prevLogIndex is enough, whatever its term (Log Matching).',
    APPEND,
    'state.log.termAt(prevLogIndex) !== prevLogTerm',
    'prevLogIndex > state.log.lastIndex',
  ),
  mutant(
    'deposed-leader-obeyed',
    'AppendEntries of an earlier term are taken as those of the present one: a leader overwrites its own log.',
    APPEND,
    'if (request.term < state.currentTerm) return reject(turn, from, request, state.log.lastIndex)',
    '',
  ),
  mutant(
    'heartbeat-claims-the-log',
    'The answer to a heartbeat acknowledges the whole log, also what the leader never sent.',
    APPEND,
    'Math.min(lastNewIndex, state.writes.durableIndex)',
    'state.writes.durableIndex',
  ),
  {
    name: 'match-goes-back',
    story: 'An old acknowledgement takes matchIndex back, and the commit index with it (ours, 494b061).',
    edits: [
      {
        file: FOLLOWER,
        find: 'follower.matchIndex = Math.max(follower.matchIndex, matchIndex)',
        replace: 'follower.matchIndex = matchIndex',
      },
      {
        file: REPLIES,
        find: "if (matchIndex > follower.matchIndex || follower.state === 'probe') {",
        replace: 'if (matchIndex >= 0) {',
      },
      {
        file: 'core/src/consensus/commitment.ts',
        find: 'if (index <= state.commitIndex ||',
        replace: 'if (index === state.commitIndex ||',
      },
    ],
  },
  mutant(
    'old-acknowledgements-counted',
    'An acknowledgement of an earlier term counts in the present one: what it speaks of may be gone.',
    REPLIES,
    "if (reply.term !== state.currentTerm || state.role.role !== 'leader') return",
    "if (state.role.role !== 'leader') return",
  ),
  mutant(
    'hint-not-followed',
    'A refusal does not move nextIndex below what was refused: the same message, for ever.',
    REPLIES,
    'Math.max(follower.matchIndex, Math.min(agree, reply.rejectedIndex - 1)) + 1',
    'Math.max(follower.matchIndex, agree, reply.rejectedIndex) + 1',
  ),
  mutant(
    'matched-probe-stays-a-probe',
    'A probed follower that has everything already is never known to match.',
    REPLIES,
    "if (matchIndex > follower.matchIndex || follower.state === 'probe') {",
    'if (matchIndex > follower.matchIndex) {',
  ),
  mutant(
    'next-beyond-the-log',
    'What is sent next begins one behind what was sent: an entry is missing in every stream.',
    EVOLVE,
    "if (follower.state === 'replicate') follower.nextIndex = event.lastIndex + 1",
    "if (follower.state === 'replicate') follower.nextIndex = event.lastIndex + 2",
  ),
  mutant(
    'window-leaks',
    'What is acknowledged still takes its part of the window: after a while nothing more is sent.',
    FOLLOWER,
    'follower.inFlightBytes -= follower.inFlight[acknowledged]!.bytes\n',
    '',
  ),
  mutant(
    'heartbeat-hides-a-gap',
    'Heartbeats stand on matchIndex: a lost append at the end is noticed by nobody.',
    REPLICATION,
    'Math.max(follower.nextIndex - 1, baseIndex)',
    'Math.max(follower.matchIndex, baseIndex)',
  ),
  mutant(
    'cache-keeps-the-truncated',
    'The cache still holds what the log has lost, and serves it to followers and to apply.',
    'core/src/node/log-keeper.ts',
    'if (truncateFrom !== undefined) this.cache.truncateFrom(truncateFrom)',
    '',
  ),
]
