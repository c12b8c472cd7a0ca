// What a node knows right now, in one plain object.
import { leaderOf } from '../consensus/index.js'
import type { Runtime } from './runtime.js'
import type { FollowerStatus, NodeStatus } from './types.js'

export function statusOf(
  runtime: Runtime,
  identity: Pick<NodeStatus, 'clusterId' | 'incarnation' | 'members' | 'address'>,
  now: number,
  stopped: boolean,
): NodeStatus {
  const { state, proposals, reads, lastApplied } = runtime
  return {
    id: state.id,
    ...identity,
    role: state.role.role,
    term: state.currentTerm,
    leaderId: leaderOf(state),
    lastIndex: state.log.lastIndex,
    commitIndex: state.commitIndex,
    lastApplied,
    pendingProposals: proposals.pending,
    pendingReads: reads.count,
    sessions: runtime.sessionCount,
    followers: followersOf(runtime, now),
    stopped,
  }
}

function followersOf({ state }: Runtime, now: number): FollowerStatus[] {
  if (state.role.role !== 'leader') return []
  return [...state.role.followers].map(([id, follower]) => ({
    id,
    state: follower.state,
    matchIndex: follower.matchIndex,
    nextIndex: follower.nextIndex,
    inFlightMessages: follower.inFlight.length,
    inFlightBytes: follower.inFlightBytes,
    sinceContactMs: follower.contactAt === undefined ? undefined : now - follower.contactAt,
  }))
}
