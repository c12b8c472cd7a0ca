// All checkers that are told of every step. Liveness and the clients' history are judged elsewhere.
import { CLOCK_DRIFT_MAX } from '../cluster/plan.js'
import { appliedInOrder } from './applied-in-order.js'
import { appliedOnce } from './applied-once.js'
import { askedBeforeCampaigning } from './asked-before-campaigning.js'
import { changeAnswersAreTrue } from './change-answers-are-true.js'
import type { Checker } from './checker.js'
import { commitRule } from './commit-rule.js'
import { committedForEver } from './committed-for-ever.js'
import { committedStays } from './committed-stays.js'
import { configurationsOverlap } from './configurations-overlap.js'
import { durableBeforeSent } from './durable-before-sent.js'
import { durableSurvives } from './durable-survives.js'
import { electedByQuorum } from './elected-by-quorum.js'
import { electionSafety } from './election-safety.js'
import { expiredNeverRuns } from './expired-never-runs.js'
import { failStop } from './fail-stop.js'
import { forwardedOnce } from './forwarded-once.js'
import { generationsStayApart } from './generations-stay-apart.js'
import { leaderAppendOnly } from './leader-append-only.js'
import { leaderCompleteness } from './leader-completeness.js'
import { leaderIsAtWork } from './leader-is-at-work.js'
import { leaseRestsOnARound } from './lease-rests-on-a-round.js'
import { linearizableReadRounds } from './linearizable-read-rounds.js'
import { logMatching } from './log-matching.js'
import { matchIndexIsTrue } from './match-index.js'
import { newVotersAreReady } from './new-voters-are-ready.js'
import { noVoteBesideALeader } from './no-vote-beside-a-leader.js'
import { oneChangeAtATime } from './one-change-at-a-time.js'
import { oneVotePerTerm } from './one-vote-per-term.js'
import { onlyVotersCampaign } from './only-voters-campaign.js'
import { order } from './order.js'
import { readAskedOnce } from './read-asked-once.js'
import { readConfirmedAfterAsked } from './read-confirmed-after-asked.js'
import { readIndexCovers } from './read-index.js'
import { refusalTellsTheTerm } from './refusal-tells-the-term.js'
import { refusedForAReason } from './refused-for-a-reason.js'
import { removalIsTold } from './removal-is-told.js'
import { sameState } from './same-state.js'
import { sendsItsLog } from './sends-its-log.js'
import { snapshotArrivesWhole } from './snapshot-arrives-whole.js'
import { snapshotHasItsConfiguration } from './snapshot-has-its-configuration.js'
import { stateMachineSafety } from './state-machine-safety.js'
import { stopsWhenRemoved } from './stops-when-removed.js'
import { successorHasTheLog } from './successor-has-the-log.js'
import { termRisesForAReason } from './term-rises-for-a-reason.js'
import { timestampsNeverGoBack } from './timestamps-never-go-back.js'
import { usesTheConfigurationOfItsLog } from './uses-the-configuration-of-its-log.js'
import { willingAsAVoter } from './willing-as-a-voter.js'
import { wipedIsNotCounted } from './wiped-is-not-counted.js'
import { wipedNodeIsRefused } from './wiped-node-is-refused.js'

/** The defaults: no plan changes them. */
const ELECTION_TIMEOUT_MS_MIN = 150
const ELECTION_TIMEOUT_MS_MAX = 300
const STORAGE_STALL_MS_MAX = 1_000
const LEASE_MS = (ELECTION_TIMEOUT_MS_MIN * (1 - CLOCK_DRIFT_MAX)) / (1 + CLOCK_DRIFT_MAX)

export const CHECKERS: readonly Checker[] = [
  electionSafety,
  electedByQuorum,
  askedBeforeCampaigning,
  noVoteBesideALeader(ELECTION_TIMEOUT_MS_MIN),
  willingAsAVoter,
  termRisesForAReason,
  refusalTellsTheTerm,
  leaderIsAtWork(ELECTION_TIMEOUT_MS_MAX, STORAGE_STALL_MS_MAX),
  leaseRestsOnARound(LEASE_MS),
  successorHasTheLog,
  oneVotePerTerm,
  durableBeforeSent,
  leaderAppendOnly,
  sendsItsLog,
  // Before those that look an entry up.
  logMatching,
  leaderCompleteness,
  matchIndexIsTrue,
  refusedForAReason,
  commitRule,
  committedForEver,
  committedStays,
  order,
  stateMachineSafety,
  sameState,
  appliedInOrder,
  appliedOnce,
  expiredNeverRuns,
  timestampsNeverGoBack,
  linearizableReadRounds,
  readIndexCovers,
  readConfirmedAfterAsked,
  readAskedOnce,
  durableSurvives,
  forwardedOnce,
  failStop,
  wipedNodeIsRefused,
  snapshotArrivesWhole,
  newVotersAreReady(ELECTION_TIMEOUT_MS_MAX),
  removalIsTold,
  wipedIsNotCounted,
  onlyVotersCampaign,
  oneChangeAtATime,
  configurationsOverlap,
  usesTheConfigurationOfItsLog,
  snapshotHasItsConfiguration,
  changeAnswersAreTrue,
  stopsWhenRemoved,
  generationsStayApart,
]
