// What `explain` looks at, and what its sentences are made of.
import type { Follower, LeaderState, State } from '../../consensus/index.js'
import { quorumSize } from '../../consensus/quorum.js'
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

export function othersOf({ state }: Subject): readonly string[] {
  return state.configuration.voters.filter((voter) => voter !== state.id)
}

/** How many of the others must agree with this node. */
export function othersNeeded({ state }: Subject): number {
  return quorumSize(state.configuration) - 1
}

/** Followers that have answered within the longest election timeout. */
export function heardFrom({ state, now }: Subject, { followers }: LeaderState): readonly string[] {
  const { electionTimeoutMsMax } = state.options
  const isRecent = ({ contactAt }: Follower): boolean =>
    contactAt !== undefined && now - contactAt <= electionTimeoutMsMax
  return [...followers].filter(([, follower]) => isRecent(follower)).map(([id]) => id)
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
