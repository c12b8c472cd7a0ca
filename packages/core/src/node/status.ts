// What a node knows right now, in one plain object.
import { type Follower, leaderOf } from '../consensus/index.js'
import type { NodeId } from '../consensus/types.js'
import type { StoredState } from '../ports/storage.js'
import type { Runtime } from './runtime.js'
import type { FollowerStatus, NodeStatus, SnapshotProgress } from './types.js'

export function statusOf(
  runtime: Runtime,
  stored: StoredState,
  identity: Pick<NodeStatus, 'clusterId' | 'incarnation' | 'members' | 'membersIndex' | 'address'>,
  now: number,
  stopped: boolean,
): NodeStatus {
  const { state, proposals, reads, backlog } = runtime
  const { lastApplied, sessionCount } = runtime.applier
  // Before the first turn consensus knows nothing yet: what the storage returned is what this node knows.
  const isRecovered = state.configuration.voters.length > 0
  return {
    id: state.id,
    ...identity,
    generation: stored.generation,
    role: state.role.role,
    term: isRecovered ? state.currentTerm : stored.hardState.currentTerm,
    leaderId: leaderOf(state),
    firstIndex: isRecovered
      ? state.log.baseIndex + 1
      : (stored.runs[0]?.firstIndex ?? (stored.snapshot?.index ?? 0) + 1),
    lastIndex: isRecovered
      ? state.log.lastIndex
      : (stored.runs.at(-1)?.lastIndex ?? stored.snapshot?.index ?? 0),
    snapshotIndex: runtime.snapshots.newest?.metadata.index ?? 0,
    commitIndex: state.commitIndex,
    lastApplied,
    // A snapshot that has just been restored is ahead, until consensus hears of it.
    entriesToApply: Math.max(0, state.commitIndex - lastApplied),
    uncommittedBytes: state.role.role === 'leader' ? backlog.byteLength : 0,
    pendingProposals: proposals.pending,
    pendingReads: reads.count,
    loopDelayMs: runtime.timer.loopDelayMs,
    sessions: sessionCount,
    followers: followersOf(runtime, now),
    stopped,
  }
}

function followersOf({ state, linked, snapshots }: Runtime, now: number): FollowerStatus[] {
  if (state.role.role !== 'leader') return []
  const { lastIndex } = state.log
  return [...state.role.followers].map(([id, follower]) =>
    followerStatus(id, follower, lastIndex, now, linked.has(id), snapshots.sender.progressOf(id)),
  )
}

function followerStatus(
  id: NodeId,
  follower: Follower,
  lastIndex: number,
  now: number,
  linked: boolean,
  snapshot: SnapshotProgress | undefined,
): FollowerStatus {
  const { state, matchIndex, nextIndex, inFlight, inFlightBytes, window, contactAt, leaving } = follower
  return {
    id,
    state,
    snapshot: state === 'snapshot' ? snapshot : undefined,
    matchIndex,
    nextIndex,
    entriesBehind: lastIndex - matchIndex,
    inFlightMessages: inFlight.length,
    inFlightBytes,
    windowMessages: window.messages,
    windowBytes: window.bytes,
    roundTripMs: window.roundTripMs,
    bytesPerSecond: window.bytesPerMs * 1_000,
    sinceContactMs: contactAt === undefined ? undefined : now - contactAt,
    linked,
    leaving: leaving !== undefined,
  }
}
