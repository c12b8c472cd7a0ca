// Raft §5.3: log replication, what the leader sends.
import { invariant } from './invariant-violation.js'
import { commitIndexFor, lastIndexFor, type State } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex, NodeId, Run } from './types.js'
import { windowIsFull } from './window.js'

/** What Replicate asks for: entries from `fromIndex` on, at most `bytesMax` bytes; 0 bytes: only the commit index. */
export interface EntriesWanted {
  readonly fromIndex: LogIndex
  /** Where they may begin at the earliest: the term before that is known. At most fromIndex. */
  readonly firstIndexMin: LogIndex
  readonly bytesMax: number
}

/** "The leader appends the command to its log as a new entry". */
export function propose(turn: Turn, count: number): void {
  const { state } = turn
  if (state.role.role !== 'leader' || state.role.transfer !== undefined)
    return turn.do({ type: 'RefuseProposals', count })
  const firstIndex = state.log.lastIndex + 1
  const lastIndex = state.log.lastIndex + count
  const term = state.currentTerm
  turn.record({ type: 'EntriesAppended', firstIndex, lastIndex, term })
  turn.do({ type: 'EncodeBlock', content: 'proposals', firstIndex, lastIndex, term })
  replicateToAll(turn)
}

export function replicateToAll(turn: Turn): void {
  const { role } = turn.state
  if (role.role === 'leader') for (const to of role.followers.keys()) turn.do({ type: 'Replicate', to })
}

/** What `to` should be sent now, undefined when nothing: it has all, the window is full, or a probe is out. */
export function entriesWanted(state: State, to: NodeId): EntriesWanted | undefined {
  const follower = state.role.role === 'leader' ? state.role.followers.get(to) : undefined
  if (follower === undefined) return undefined
  const fromIndex = follower.nextIndex
  const firstIndexMin = state.log.baseIndex + 1
  if (follower.state === 'snapshot' || fromIndex < firstIndexMin) return undefined
  if (fromIndex <= lastIndexFor(follower, state.log.lastIndex)) {
    if (windowIsFull(follower)) return undefined
    const room = follower.window.bytes - follower.inFlightBytes
    return { fromIndex, firstIndexMin, bytesMax: Math.min(room, state.options.messageBytesMax) }
  }
  const knowsCommit =
    follower.commitIndexSent >= commitIndexFor(state, to, follower) || follower.state === 'probe'
  return knowsCommit ? undefined : { fromIndex, firstIndexMin, bytesMax: 0 }
}

/**
 * Sends what the runtime has gathered for a Replicate. The first run may begin before nextIndex, at a block boundary:
 * the follower skips what it has.
 */
export function offerEntries(turn: Turn, to: NodeId, offered: readonly Run[], bytes: number): void {
  const { state } = turn
  const follower = state.role.role === 'leader' ? state.role.followers.get(to) : undefined
  const wanted = entriesWanted(state, to)
  if (follower === undefined || wanted === undefined) return
  // The entry that removes it is alone in its run, and the last one that it gets.
  const lastWanted = lastIndexFor(follower, state.log.lastIndex)
  const entries = offered.filter((run) => run.firstIndex <= lastWanted)
  const first = entries[0]
  if (first === undefined) return sendAppendEntries(turn, to, follower.nextIndex - 1, [], 0)
  const lastIndex = entries.at(-1)!.lastIndex
  invariant(first.firstIndex <= follower.nextIndex, 'entries are offered from nextIndex or before it')
  if (lastIndex < follower.nextIndex) return
  for (const run of entries) {
    invariant(state.log.termAt(run.lastIndex) === run.term, 'only entries of the log are offered')
  }
  sendAppendEntries(turn, to, first.firstIndex - 1, entries, bytes)
  turn.do({ type: 'Replicate', to })
}

/** §5.2: "Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries) to all followers". */
export function broadcastHeartbeat(turn: Turn): void {
  const { role } = turn.state
  if (role.role !== 'leader') return
  turn.record({ type: 'HeartbeatSent', at: turn.now, round: role.round + 1 })
  // prevLogIndex is the last index sent, so that a lost append at the end shows as a gap.
  const { baseIndex } = turn.state.log
  for (const [to, follower] of role.followers)
    sendAppendEntries(turn, to, Math.max(follower.nextIndex - 1, baseIndex), [], 0)
}

function sendAppendEntries(
  turn: Turn,
  to: NodeId,
  prevLogIndex: LogIndex,
  entries: readonly Run[],
  bytes: number,
): void {
  const { state } = turn
  if (state.role.role !== 'leader') return
  const prevLogTerm = state.log.termAt(prevLogIndex)
  invariant(prevLogTerm !== undefined, 'prevLogIndex is in the log')
  const lastIndex = entries.at(-1)?.lastIndex ?? prevLogIndex
  const leaderCommit = commitIndexFor(state, to, state.role.followers.get(to)!)
  const { round } = state.role
  turn.record({
    type: 'AppendSent',
    to,
    prevLogIndex,
    lastIndex,
    bytes,
    commitIndex: Math.min(leaderCommit, lastIndex),
    at: turn.now,
  })
  const term = state.currentTerm
  turn.send(to, { type: 'AppendEntries', term, prevLogIndex, prevLogTerm, entries, leaderCommit, round })
}
