// Thesis §3.10, §4.2.3, §6.2, §9.6: leaders that are not disturbed, hand over, and know when they are useless.
import { type Mutant, mutant } from '../mutant.js'

const STEP = 'core/src/consensus/step.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const LEASE = 'core/src/consensus/lease.ts'
const TRANSFER = 'core/src/consensus/leadership-transfer.ts'

export const STEADY_LEADER_MUTANTS: readonly Mutant[] = [
  mutant(
    'votes-beside-a-leader',
    'Whoever has just heard from a leader votes for another all the same: a lease rests on nothing (§4.2.3).',
    'core/src/consensus/stickiness.ts',
    "return state.options.steadyLeader && hearsLeader(state, now) ? 'leader-alive' : undefined",
    'return undefined',
  ),
  mutant(
    'leader-forgotten-with-its-term',
    'A later term makes a voter forget when it last heard from a leader, whose lease goes on (thesis §6.4.1).',
    EVOLVE,
    'state.currentTerm = event.term\n',
    'state.currentTerm = event.term\n      state.leaderContactAt = Number.NEGATIVE_INFINITY\n',
  ),
  mutant(
    'pre-vote-skipped',
    'A server that hears nobody campaigns at once: cut off, it counts terms up and deposes the leader when it is back.',
    STEP,
    'if (state.options.steadyLeader) startPreVote(turn)\n  else campaign(turn)',
    'campaign(turn)',
  ),
  mutant(
    'lease-before-the-first-commit',
    'A new leader answers by its lease before it knows what is committed: what the one before acknowledged is not there.',
    LEASE,
    'role.transfer !== undefined || state.commitIndex < role.firstIndex) return false',
    'role.transfer !== undefined) return false',
  ),
  mutant(
    'late-time-to-campaign-obeyed',
    'A TimeoutNow of an earlier term is obeyed in a later one, and overrides the votes that are owed to its leader.',
    TRANSFER,
    'if (request.term !== state.currentTerm || !isVoter',
    'if (!isVoter',
  ),
  mutant(
    'pre-vote-for-a-shorter-log',
    'A pre-vote is granted whatever the log lacks: elections that cannot be won, one after the other.',
    'core/src/consensus/pre-vote.ts',
    "return isUpToDate(state, request) ? undefined : 'log-behind'",
    'return undefined',
  ),
  mutant(
    'pre-vote-raises-the-term',
    'A mere question whether an election could be won ends the term of whoever hears it, and its leader.',
    'core/src/consensus/step.ts',
    "if (message.type === 'PreVote') return false",
    '',
  ),
  mutant(
    'useless-leader-goes-on',
    'A leader that no quorum answers goes on leading, and its callers wait for it (thesis §6.2).',
    'core/src/consensus/check-quorum.ts',
    'if (now - quorumContactAt(state, now) <= state.options.electionTimeoutMsMax) return false',
    'if (now > 0) return false',
  ),
  mutant(
    'hung-disk-goes-on-leading',
    'A leader whose disk hangs sends heartbeats, commits nothing, and keeps everybody from leading (hashicorp/raft#503).',
    'core/src/consensus/check-quorum.ts',
    'return oldest !== undefined && now - oldest.at > options.storageStallMs',
    'return oldest !== undefined && now - oldest.at > 1e9 * options.storageStallMs',
  ),
  mutant(
    'transfer-never-given-up',
    'A leader whose successor does not take over waits for it: it refuses everything for ever (hashicorp/raft#696).',
    'core/src/consensus/leadership-transfer.ts',
    'if (turn.now < deadline) return sendTimeoutNow(turn)',
    'if (deadline > 0) return sendTimeoutNow(turn)',
  ),
  mutant(
    'time-to-campaign-before-the-log',
    'A successor is told to campaign before it has the whole log: nobody votes for it.',
    'core/src/consensus/leadership-transfer.ts',
    'if (role.followers.get(to)!.matchIndex < state.log.lastIndex) return',
    '',
  ),
  mutant(
    'pre-vote-tells-no-term',
    'A refusal hides that the asker is of an old term: it asks in that term for ever (etcd#8243).',
    'core/src/consensus/pre-vote.ts',
    "type: 'PreVoteReply',\n    term,",
    "type: 'PreVoteReply',\n    term: Math.min(term, request.term),",
  ),
]
