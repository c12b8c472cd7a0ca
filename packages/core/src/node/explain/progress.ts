// Why an entry is not committed, not applied, and what requests wait for.

import { votersOf } from '../../consensus/configuration.js'
import { leaderOf } from '../../consensus/index.js'
import { quorumIndex } from '../../consensus/quorum.js'
import type { Explanation } from '../types.js'
import { count, entries, needed, type Subject, say } from './subject.js'

export function explainProgress(subject: Subject): Explanation[] {
  return [
    ...explainCommit(subject),
    ...explainApply(subject),
    ...explainProposals(subject),
    ...explainReads(subject),
  ]
}

function explainCommit(subject: Subject): Explanation[] {
  const { state } = subject
  const { lastIndex } = state.log
  if (lastIndex <= state.commitIndex) return []
  const which = entries(state.commitIndex + 1, lastIndex)
  if (state.role.role !== 'leader') {
    const leader = leaderOf(state)
    const says = leader === undefined ? 'only a leader can tell' : `${leader} has not said so yet`
    return [say('not-committed', `${which} not known to be committed: ${says}`)]
  }
  const { followers } = state.role
  const reached = (voter: string): number =>
    voter === state.id ? state.writes.durableIndex : (followers.get(voter)?.matchIndex ?? 0)
  const voters = votersOf(state.configuration)
  const joint = state.configuration.outgoing !== undefined
  const held = voters.map((voter) => `${voter} up to ${reached(voter)}`).join(', ')
  const said = [
    say(
      'not-committed',
      `${which} not committed: durable are ${held}; ${joint ? needed(state.configuration) : `${needed(state.configuration)} of ${voters.length}`} are needed`,
    ),
  ]
  const onQuorum = quorumIndex(state.configuration, reached)
  const term = state.log.termAt(onQuorum)
  if (onQuorum > state.commitIndex && term !== state.currentTerm)
    said.push(
      say(
        'earlier-term',
        `entry ${onQuorum} is on a quorum but of term ${term}: it counts when entry ${state.role.firstIndex} of term ${state.currentTerm} does (§5.4.2)`,
      ),
    )
  if (state.writes.durableIndex < lastIndex)
    said.push(
      say(
        'own-disk-behind',
        `the disk of ${state.id} has entries up to ${state.writes.durableIndex} of ${lastIndex}`,
      ),
    )
  return said
}

function explainApply({ state }: Subject): Explanation[] {
  const { commitIndex, lastApplied } = state
  if (commitIndex <= lastApplied) return []
  return [
    say(
      'not-applied',
      `${entries(lastApplied + 1, commitIndex)} committed and not applied on ${state.id} yet`,
    ),
  ]
}

function explainProposals(subject: Subject): Explanation[] {
  const { state, pendingProposals, hasWaiting, isBacklogFull, backlogBytes } = subject
  if (pendingProposals === 0) return []
  const wait = count(pendingProposals, 'proposal waits', 'proposals wait')
  const target = waitsForLeader(subject)
  if (hasWaiting && target !== undefined) return [say('proposals-wait', `${wait} for ${target}`)]
  if (hasWaiting && isBacklogFull)
    return [
      say(
        'proposals-wait',
        `${wait}: ${state.id} has ${state.log.lastIndex - state.commitIndex} entries uncommitted and ${backlogBytes} bytes not committed, durable and applied, the limit`,
      ),
    ]
  return [say('proposals-wait', `${wait} to be committed and applied`)]
}

function explainReads(subject: Subject): Explanation[] {
  const { state, pendingReads } = subject
  if (pendingReads === 0) return []
  const wait = count(pendingReads, 'read waits', 'reads wait')
  const target = waitsForLeader(subject)
  if (target !== undefined) return [say('reads-wait', `${wait} for ${target}`)]
  if (state.role.role !== 'leader')
    return [say('reads-wait', `${wait} for ${leaderOf(state)} to confirm them, or to be applied up to there`)]
  if (state.role.reads.length === 0) return [say('reads-wait', `${wait} for what is committed to be applied`)]
  if (state.commitIndex < state.role.firstIndex)
    return [
      say(
        'reads-wait',
        `${wait} for entry ${state.role.firstIndex}, the first of term ${state.currentTerm}, to be committed`,
      ),
    ]
  return [
    say(
      'reads-wait',
      `${wait} for a quorum to confirm that ${state.id} still leads term ${state.currentTerm}`,
    ),
  ]
}

/** What a request cannot go on without, undefined when it can. */
function waitsForLeader({ state, linked }: Subject): string | undefined {
  const leader = leaderOf(state)
  if (leader === undefined) return 'a leader'
  return leader === state.id || linked.has(leader) ? undefined : `the link to the leader ${leader}`
}
