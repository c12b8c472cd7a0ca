// What `explain` looks at, and what its sentences are made of.

import { membersOf, votersOf } from '../../consensus/configuration.js'
import type { Follower, LeaderState, State } from '../../consensus/index.js'
import { isQuorum, quorumSize } from '../../consensus/quorum.js'
import type { Configuration } from '../../consensus/types.js'
import type { Explanation, ExplanationCode } from '../types.js'
import type { Recall } from './recall.js'

export interface Subject {
  readonly state: State
  readonly recall: Recall
  readonly now: number
  readonly linked: ReadonlySet<string>
  /** Proposals and reads that wait here. */
  readonly pendingProposals: number
  /** Of those, not given to a leader or a log yet. */
  readonly hasWaiting: boolean
  readonly pendingReads: number
  readonly isBacklogFull: boolean
  readonly backlogBytes: number
}

/** A sentence with the code of its kind. */
export function say(code: ExplanationCode, text: string): Explanation {
  return { code, text }
}

/** All other members. */
export function othersOf({ state }: Subject): readonly string[] {
  return membersOf(state.configuration).filter((member) => member !== state.id)
}

/** Who votes besides this node; while joint, in either configuration. */
export function otherVotersOf({ state }: Subject): readonly string[] {
  return votersOf(state.configuration).filter((voter) => voter !== state.id)
}

/** True when these and this node are a quorum. */
export function areQuorum({ state }: Subject, ids: Iterable<string>): boolean {
  const agreeing = new Set([...ids, state.id])
  return isQuorum(state.configuration, (id) => agreeing.has(id))
}

/** How many of the others must agree with this node. */
export function othersNeeded({ state }: Subject): string {
  const { voters, outgoing } = state.configuration
  if (outgoing !== undefined) return needed(state.configuration)
  return String(quorumSize({ voters }) - (voters.includes(state.id) ? 1 : 0))
}

/** How many voters make a quorum; of which, while joint. */
export function needed({ voters, outgoing }: Configuration): string {
  if (outgoing === undefined) return String(quorumSize({ voters }))
  const half = (ids: readonly string[]): string => `${quorumSize({ voters: ids })} of ${ids.join(', ')}`
  return `${half(outgoing)} and ${half(voters)}`
}

/** Followers that have answered within the longest election timeout. */
export function heardFrom({ state, now }: Subject, { followers }: LeaderState): readonly string[] {
  const { electionTimeoutMsMax } = state.options
  const isRecent = ({ contactAt }: Follower): boolean =>
    contactAt !== undefined && now - contactAt <= electionTimeoutMsMax
  const voters = votersOf(state.configuration)
  return [...followers]
    .filter(([id, follower]) => voters.includes(id) && isRecent(follower))
    .map(([id]) => id)
}

export function ms(duration: number): string {
  return `${Math.max(0, Math.round(duration))} ms`
}

export function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

/** `entry 7` or `entries 7 to 9`, with the verb that goes with it. */
export function entries(from: number, to: number, isAre: readonly [string, string] = ['is', 'are']): string {
  return from === to ? `entry ${from} ${isAre[0]}` : `entries ${from} to ${to} ${isAre[1]}`
}
