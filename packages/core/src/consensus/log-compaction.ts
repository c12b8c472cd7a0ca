// Raft §7: log compaction, and what a leader does about followers that need what was discarded.
import { invariant } from './invariant-violation.js'
import type { Follower, State } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId, SnapshotPoint } from './types.js'

/** A follower that answered within this many maximal election timeouts is waited for with the log behind its snapshot. */
const PATIENCE_TIMEOUTS = 10

/** "Each server takes snapshots independently, covering just the committed entries in its log." */
export function snapshotSaved(turn: Turn, snapshot: SnapshotPoint): void {
  const { state } = turn
  const { lastIncludedIndex, lastIncludedTerm } = snapshot
  invariant(lastIncludedIndex <= state.lastApplied, 'a snapshot covers only what is applied')
  if (lastIncludedIndex <= state.snapshot.lastIncludedIndex) return
  invariant(
    state.log.termAt(lastIncludedIndex) === lastIncludedTerm,
    'a snapshot of this server ends with an entry of its log',
  )
  turn.record({ type: 'SnapshotTaken', ...snapshot })
}

/** "Once a server completes writing a snapshot, it may delete all log entries up through the last included index". */
export function compactLog(turn: Turn, wanted: LogIndex): void {
  const { state } = turn
  const through = Math.min(wanted, state.snapshot.lastIncludedIndex, neededBehind(turn))
  if (through <= state.log.baseIndex) return
  turn.record({ type: 'LogCompacted', through })
  turn.do({ type: 'ForgetLog', through })
  if (state.role.role === 'leader')
    for (const to of state.role.followers.keys()) sendSnapshotIfBehind(turn, to)
}

/**
 * A follower that is being sent a snapshot needs the entries behind it next: without them the next snapshot would be due
 * when this one has arrived, and so on for ever (Ratis PR 1567, dgraph#2707).
 */
function neededBehind({ state: { role, options }, now }: Turn): LogIndex {
  let index = Number.POSITIVE_INFINITY
  if (role.role !== 'leader') return index
  for (const { state, nextIndex, contactAt } of role.followers.values()) {
    const isThere =
      contactAt !== undefined && now - contactAt <= PATIENCE_TIMEOUTS * options.electionTimeoutMsMax
    if (state === 'snapshot' && isThere) index = Math.min(index, nextIndex - 1)
  }
  return index
}

/**
 * "The leader must occasionally send snapshots to followers that lag behind. This happens when the leader has already
 * discarded the next log entry that it needs to send".
 */
export function sendSnapshotIfBehind(turn: Turn, to: NodeId): void {
  const { state } = turn
  const follower = followerOf(state, to)
  if (follower === undefined || follower.nextIndex > state.log.baseIndex) return
  const { lastIncludedIndex } = state.snapshot
  if (!maySend(follower, lastIncludedIndex)) return
  turn.record({ type: 'SnapshotSendStarted', to, lastIncludedIndex })
  turn.do({ type: 'SendSnapshot', to })
}

/**
 * A server that leaves is told so by the entry that removed it (§6): a snapshot that holds that entry would take it for
 * any other, and what is behind it is not for that server.
 */
export function maySend({ leaving }: Follower, lastIncludedIndex: LogIndex): boolean {
  return leaving === undefined || lastIncludedIndex < leaving.index
}

export function followerOf({ role }: State, id: NodeId): Follower | undefined {
  return role.role === 'leader' ? role.followers.get(id) : undefined
}
