// Raft §7: log compaction, and what a leader does about followers that need what was discarded.
import { invariant } from './invariant-violation.js'
import type { Follower, Install, State } from './state.js'
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
  giveUpOnStalled(turn)
  const through = Math.min(wanted, state.snapshot.lastIncludedIndex, neededBehind(turn))
  if (through <= state.log.baseIndex) return
  turn.record({ type: 'LogCompacted', through })
  turn.do({ type: 'ForgetLog', through })
  if (state.role.role !== 'leader') return
  for (const [to, follower] of state.role.followers)
    if (!isReceiving(turn, follower)) sendSnapshotIfBehind(turn, to)
}

/**
 * One that answers and never has its snapshot would hold back this log without bound. What takes longer than it should,
 * a large state that is restored, is not stopped by that: it only may need one snapshot more, and has twice the time then.
 */
function giveUpOnStalled(turn: Turn): void {
  const { role } = turn.state
  if (role.role !== 'leader') return
  for (const [id, { state, install }] of role.followers)
    if (state === 'snapshot' && install.isWaitedFor && isStalled(turn, install))
      turn.record({ type: 'SnapshotStalled', follower: id, since: install.at })
}

function isStalled({ state: { options }, now }: Turn, { at, lateCount }: Install): boolean {
  return now - at > options.snapshotStallMs * 2 ** lateCount
}

/** A snapshot on its way arrives sooner than one that is begun anew in its place (Ratis PR 1567, dgraph#2707). */
function isReceiving(turn: Turn, follower: Follower): boolean {
  return follower.state === 'snapshot' && isThere(turn, follower) && !isStalled(turn, follower.install)
}

function isThere({ state: { options }, now }: Turn, { contactAt }: Follower): boolean {
  return contactAt !== undefined && now - contactAt <= PATIENCE_TIMEOUTS * options.electionTimeoutMsMax
}

/**
 * A follower that is being sent a snapshot needs the entries behind it next: without them the next snapshot would be due
 * when this one has arrived, and so on for ever.
 */
function neededBehind(turn: Turn): LogIndex {
  const { role } = turn.state
  let index = Number.POSITIVE_INFINITY
  if (role.role !== 'leader') return index
  for (const follower of role.followers.values()) {
    const { state, nextIndex, install } = follower
    if (state === 'snapshot' && install.isWaitedFor && isThere(turn, follower))
      index = Math.min(index, nextIndex - 1)
  }
  return index
}

/**
 * "the leader must occasionally send snapshots to followers that lag behind. This happens when the leader has already
 * discarded the next log entry that it needs to send".
 */
export function sendSnapshotIfBehind(turn: Turn, to: NodeId): void {
  const { state } = turn
  const follower = followerOf(state, to)
  if (follower === undefined || follower.nextIndex > state.log.baseIndex) return
  const { lastIncludedIndex } = state.snapshot
  if (!maySend(follower, lastIncludedIndex)) return
  turn.record({ type: 'SnapshotSendStarted', to, lastIncludedIndex, at: turn.now })
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
