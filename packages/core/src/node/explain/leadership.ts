// Why there is no leader, or why the one there is does not count as one.

import { mayCampaign, votersOf } from '../../consensus/configuration.js'
import type { VoteRefusal } from '../../consensus/events.js'
import type { Explanation } from '../types.js'
import {
  areQuorum,
  count,
  heardFrom,
  ms,
  needed,
  othersNeeded,
  otherVotersOf,
  type Subject,
  say,
} from './subject.js'

export function explainLeadership(subject: Subject): Explanation[] {
  const { state, recall } = subject
  if (state.role.role === 'leader') return explainLeader(subject)
  if (recall.leaderlessSince === undefined) return []
  const elected =
    state.role.role === 'candidate'
      ? explainCandidate(subject)
      : state.role.role === 'pre-candidate'
        ? explainPreCandidate(subject)
        : explainWaiting(subject)
  return [...elected, ...explainLinks(subject), ...explainRefusals(subject)]
}

/** §8: a deposed leader does not know it; that it hears from nobody is all it can say. */
function explainLeader(subject: Subject): Explanation[] {
  const { state } = subject
  if (state.role.role !== 'leader') return []
  const heard = heardFrom(subject, state.role)
  if (areQuorum(subject, heard)) return []
  const within = ms(state.options.electionTimeoutMsMax)
  return [
    say(
      'leader-without-quorum',
      `${state.id} leads term ${state.currentTerm} but has heard from ${heard.length} of ${otherVotersOf(subject).length} others in the last ${within}; it needs ${othersNeeded(subject)} to commit or confirm anything`,
    ),
  ]
}

function explainCandidate({ state }: Subject): Explanation[] {
  if (state.role.role !== 'candidate') return []
  const { votes } = state.role
  const term = state.currentTerm
  if (!votes.has(state.id))
    return [
      say(
        'own-vote-not-durable',
        `${state.id} has not asked for votes in term ${term} yet: its own vote is not on its disk`,
      ),
    ]
  const granted = [...votes].filter(([, voteGranted]) => voteGranted).map(([voter]) => voter)
  const silent = votersOf(state.configuration).filter((voter) => !votes.has(voter))
  const waits = silent.length === 0 ? 'all have answered' : `${silent.join(', ')} did not answer yet`
  return [
    say(
      'election-runs',
      `${state.id} asks for votes in term ${term}: it has ${count(granted.length, 'vote')} of the ${needed(state.configuration)} it needs (${granted.join(', ')}), and ${waits}`,
    ),
  ]
}

/** Thesis §9.6: an election is not even begun unless it can be won. */
function explainPreCandidate({ state }: Subject): Explanation[] {
  if (state.role.role !== 'pre-candidate') return []
  const { votes } = state.role
  const granted = [...votes].filter(([, voteGranted]) => voteGranted).map(([voter]) => voter)
  const refused = [...votes].filter(([, voteGranted]) => !voteGranted).map(([voter]) => voter)
  const silent = votersOf(state.configuration).filter((voter) => !votes.has(voter))
  return [
    say(
      'pre-vote-runs',
      `${state.id} asks whether it could win an election after term ${state.currentTerm}: ${granted.length} of the ${needed(state.configuration)} it needs would vote for it (${granted.join(', ')}), refused by ${refused.join(', ') || 'nobody'}, no answer from ${silent.join(', ') || 'nobody else'}`,
    ),
  ]
}

function explainWaiting({ state, recall, now }: Subject): Explanation[] {
  const since = ms(now - recall.leaderlessSince!)
  const { startedAt, timeoutMs } = state.electionTimer
  const plans = mayCampaign(state)
    ? `it begins an election in ${ms(startedAt + timeoutMs - now)} unless it hears from one`
    : 'it is no voter, and waits to hear from one'
  return [
    say(
      'no-leader',
      `no leader of term ${state.currentTerm} is known on ${state.id} since ${since}; ${plans}`,
    ),
  ]
}

function explainLinks(subject: Subject): Explanation[] {
  const others = otherVotersOf(subject)
  const up = others.filter((id) => subject.linked.has(id))
  if (areQuorum(subject, up)) return []
  return [
    say(
      'no-quorum-linked',
      `${subject.state.id} has links to ${up.length} of ${others.length} others; without ${othersNeeded(subject)} no leader can be elected here`,
    ),
  ]
}

const REASONS: Readonly<Record<VoteRefusal, string>> = {
  'old-term': 'its term was over already',
  'voted-for-another': 'it had voted for another in that term',
  'knows-nobody': 'nobody had told it yet who is in the cluster',
  'leader-alive': 'it had heard from a leader a moment ago',
  'log-behind': "the candidate's log is behind",
  restarted: 'it had just restarted, and may have promised a lease before',
}

function explainRefusals({ recall, now }: Subject): Explanation[] {
  return recall.refusals.map(({ at, term, voter, candidate, reason }) => {
    const why = reason === undefined ? '' : `: ${REASONS[reason]}`
    return say(
      'vote-refused',
      `${voter} refused ${candidate} its vote in term ${term}, ${ms(now - at)} ago${why}`,
    )
  })
}
