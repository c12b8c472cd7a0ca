// A server in one line, and its disk. The only file here that looks into the state.

import { termsOf } from '../../harness/entry.js'
import type { Server } from '../../harness/server.js'
import { describeConfiguration } from './configuration.js'

export function describeState({ up, state, entries, disk, outputs }: Server): string {
  if (!up) return 'down'
  const { role, currentTerm, votedFor, commitIndex, writes } = state
  const { index, configuration } = state.configurations.at(-1)!
  // Since it started: a node would end here.
  const isOut = outputs.some(({ effects }) => effects.some(({ type }) => type === 'Removed'))
  const writing = disk.inFlight.map(({ persist }) => persist.write)
  return [
    describeRole(role),
    `term ${currentTerm}`,
    votedFor === undefined ? 'no vote' : `vote ${votedFor}`,
    `log [${describeLog(termsOf(entries), state.log.baseIndex)}]`,
    `commit ${commitIndex}`,
    ...(index > 0 ? [`members ${describeConfiguration(configuration)}`] : []),
    ...(isOut ? ['knows that it is removed'] : []),
    ...(writes.durableIndex < state.log.lastIndex ? [`durable ${writes.durableIndex}`] : []),
    ...(writing.length > 0 ? [`writing ${writing.join(' ')}`] : []),
  ].join(', ')
}

/** What a snapshot has replaced stands before the bar. */
function describeLog(terms: readonly number[], baseIndex: number): string {
  if (baseIndex === 0) return terms.join(' ')
  return `${terms.slice(0, baseIndex).join(' ')} | ${terms.slice(baseIndex).join(' ')}`.trim()
}

function describeRole(role: Server['state']['role']): string {
  if (role.role === 'candidate') {
    const granted = [...role.votes].filter(([, voteGranted]) => voteGranted).map(([voter]) => voter)
    return granted.length > 0 ? `candidate with ${granted.join(' ')}` : 'candidate'
  }
  if (role.role === 'follower' && role.leaderId !== undefined) return `follower of ${role.leaderId}`
  return role.role
}

/** What a leader knows of its followers, one line each. */
export function describeFollowers({ state: { role } }: Server): string[] {
  if (role.role !== 'leader') return []
  return [...role.followers].map(([id, { state, matchIndex, nextIndex, inFlight, leaving }]) => {
    const leaves = leaving === undefined ? '' : ', leaving'
    const under = inFlight.length > 0 ? `, in flight ${inFlight.length}` : ''
    return `${id}: ${state}, match ${matchIndex}, next ${nextIndex}${under}${leaves}`
  })
}

export function describeDisk({ disk: { hardState, entries } }: Server): string {
  const { currentTerm, votedFor } = hardState
  const vote = votedFor === undefined ? 'no vote' : `vote ${votedFor}`
  return `term ${currentTerm}, ${vote}, log [${termsOf(entries).join(' ')}]`
}
