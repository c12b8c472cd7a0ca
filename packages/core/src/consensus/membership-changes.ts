// Raft §6: cluster membership changes, by joint consensus.
import { isVoter, membersOf, sameVoters } from './configuration.js'
import type { MembershipRefusal } from './effects.js'
import type { ChangeMembership } from './inputs.js'
import { invariant } from './invariant-violation.js'
import { leaveWhenRemoved, tellRemoved } from './leaving.js'
import { sendSnapshotIfBehind } from './log-compaction.js'
import { replicateToAll } from './log-replication.js'
import { isQuorum } from './quorum.js'
import type { LeaderState, State } from './state.js'
import type { Turn } from './turn.js'
import type { Configuration, Millis, NodeId } from './types.js'

/**
 * "When the leader receives a request to change the configuration from C_old to C_new, it stores the configuration for
 * joint consensus (C_old,new [...]) as a log entry". Without a change of the voters one entry does it: no majority moves.
 */
export function changeMembership(turn: Turn, request: ChangeMembership): void {
  const { state } = turn
  const { voters, learners } = request
  invariant(
    new Set([...voters, ...learners]).size === voters.length + learners.length,
    'a member is a voter or a learner, and named once',
  )
  const reason = refusal(turn, request)
  if (reason !== undefined) return turn.do({ type: 'MembershipRefused', reason })
  const outgoing = state.configuration.voters
  append(turn, sameVoters(voters, outgoing) ? { voters, learners } : { voters, learners, outgoing })
}

function refusal({ state, now }: Turn, request: ChangeMembership): MembershipRefusal | undefined {
  const { role, configuration, configurations, commitIndex } = state
  const { voters, expectedIndex, force } = request
  if (role.role !== 'leader') return 'not-leader'
  if (role.transfer !== undefined || !isVoter(configuration, state.id)) return 'handing-over'
  const { index } = configurations.at(-1)!
  // braft#182, raft-dev 2015: until then an earlier leader's change may be committed without this one knowing.
  if (commitIndex < role.firstIndex) return 'not-yet-committed'
  // One at a time: two that overlap could have majorities that do not.
  if (index > commitIndex || configuration.outgoing !== undefined) return 'under-way'
  if (expectedIndex !== undefined && expectedIndex !== index) return 'changed'
  if (voters.length === 0) return 'no-voters'
  for (const id of voters) {
    if (configuration.voters.includes(id)) continue
    if (!membersOf(configuration).includes(id)) return 'unknown-learner'
    if (!isCaughtUp(state, role, id, now)) return 'not-caught-up'
  }
  return force || canDecide(state, role, voters, now) ? undefined : 'would-lose-quorum'
}

/**
 * True when a majority of `voters` has been heard of lately. `isNew`: to be members first, and to catch up: that they
 * answer is seen then.
 */
export function canDecide(
  state: State,
  role: LeaderState,
  voters: readonly NodeId[],
  now: Millis,
  isNew: (id: NodeId) => boolean = () => false,
): boolean {
  return isQuorum({ voters }, (id) => isNew(id) || isHeard(state, role, id, now))
}

/**
 * Thesis §4.2.1: whether it has caught up: it has all that the leader had an election timeout ago, so that what is missing
 * delays no commit for longer than an election would; and the configuration in force, since who was never told any votes for
 * nobody, and its vote may be needed at once.
 */
export function isCaughtUp(state: State, role: LeaderState, id: NodeId, now: Millis): boolean {
  const follower = role.followers.get(id)
  if (follower === undefined || !isHeard(state, role, id, now)) return false
  const since = now - state.options.electionTimeoutMsMax
  const had = role.growth.findLast(({ at }) => at <= since) ?? role.growth[0]!
  return follower.matchIndex >= Math.max(had.lastIndex, state.configurations.at(-1)!.index)
}

function isHeard(state: State, role: LeaderState, id: NodeId, now: Millis): boolean {
  if (id === state.id) return true
  const contactAt = role.followers.get(id)?.contactAt
  return contactAt !== undefined && now - contactAt <= state.options.electionTimeoutMsMax
}

/**
 * After each commit of a leader, and at each heartbeat: "Once C_old,new has been committed [...] It is now safe for the
 * leader to create a log entry describing C_new", whichever leader it is by now; and once that is committed, who is not
 * in it may go. Not while it hands over: its successor would not have that entry (thesis §3.10), and does it itself. Nor
 * before an entry of its own is committed, as any change: it may know from an earlier term that C_old,new is.
 */
export function continueMembershipChange(turn: Turn): void {
  const { state } = turn
  const { index, configuration } = state.configurations.at(-1)!
  const { role } = state
  if (role.role !== 'leader' || state.commitIndex < Math.max(index, role.firstIndex)) return
  // Of C_old,new, too: the learners that it leaves out do not come back with C_new.
  tellRemoved(turn)
  const { voters, learners = [], outgoing } = configuration
  if (outgoing === undefined) leaveWhenRemoved(turn)
  else if (role.transfer === undefined) append(turn, { voters, learners })
}

/**
 * Thesis §4.1: "The new configuration takes effect on each server as soon as it is added to that server's log": on the
 * leader, too.
 */
function append(turn: Turn, configuration: Configuration): void {
  const { state } = turn
  const index = state.log.lastIndex + 1
  const term = state.currentTerm
  turn.record({ type: 'EntriesAppended', firstIndex: index, lastIndex: index, term })
  turn.record({ type: 'MembershipChanged', index, configuration })
  turn.do({
    type: 'EncodeBlock',
    content: 'membership',
    firstIndex: index,
    lastIndex: index,
    term,
    configuration,
  })
  replicateToAll(turn)
  // Who was leaving, and stays now, may have been denied the snapshot that it needs.
  if (state.role.role === 'leader')
    for (const to of state.role.followers.keys()) sendSnapshotIfBehind(turn, to)
}
