// Folds what happened to the membership (§6): the configurations of the log, and whom a leader sends to.
import { configurationInForce, mayFollow, removedBetween } from './configuration.js'
import type { Recovered, SnapshotInstalled } from './events.js'
import { freshFollower } from './evolve-follower.js'
import { invariant } from './invariant-violation.js'
import type { MembershipChanged, RemovalCommitted } from './membership-events.js'
import { type Follower, type LeaderState, peersOf, type State } from './state.js'
import type { ConfigurationEntry, LogIndex, NodeId, SnapshotPoint } from './types.js'

/** What the snapshot says, and what the log behind it holds: nothing else is a source (openraft#1808). */
export function recoverConfigurations(state: State, { snapshot, runs }: Recovered): void {
  const behind: ConfigurationEntry[] = []
  for (const { firstIndex, configuration } of runs) {
    if (configuration !== undefined && firstIndex > snapshot.lastIncludedIndex)
      behind.push({ index: firstIndex, configuration })
  }
  begin(state, snapshot, behind)
}

/** Likewise: the snapshot's takes the place of all that it replaces, and of a log that is discarded with it. */
export function installConfigurations(state: State, event: SnapshotInstalled): void {
  const { lastIncludedIndex, logKept } = event
  begin(state, event, logKept ? state.configurations.filter(({ index }) => index > lastIncludedIndex) : [])
}

function begin(state: State, snapshot: SnapshotPoint, behind: readonly ConfigurationEntry[]): void {
  const { lastIncludedIndex, configuration } = snapshot
  state.configurations = [{ index: lastIncludedIndex, configuration }, ...behind]
  state.configuration = configurationInForce(state).configuration
}

/** Appended: in force at once. Or told again after a truncation or an install, which has done all of it. */
export function membershipChanged(state: State, { index, configuration }: MembershipChanged): void {
  const previous = configurationInForce(state)
  if (index === previous.index) return
  invariant(index === state.log.lastIndex, 'a configuration is in force from append on')
  invariant(
    mayFollow(previous.configuration, configuration),
    'majorities of successive configurations overlap',
  )
  state.configurations.push({ index, configuration })
  state.configuration = configuration
  if (state.role.role !== 'leader') return
  invariant(previous.index <= state.commitIndex, 'at most one membership change is uncommitted')
  followMembers(state, state.role.followers, previous)
}

/**
 * A new one is sent the entry that made it a member; a removed one that and nothing more. Who was leaving and is added
 * again comes with an empty disk, perhaps: what it acknowledged before would keep its log from ever being sent.
 */
function followMembers(state: State, followers: Map<NodeId, Follower>, previous: ConfigurationEntry): void {
  const { index, configuration } = configurationInForce(state)
  for (const peer of peersOf(state)) {
    const follower = followers.get(peer)
    if (follower === undefined || follower.leaving !== undefined)
      followers.set(peer, { ...freshFollower(state), nextIndex: index })
  }
  for (const id of removedBetween(previous.configuration, configuration)) {
    const follower = followers.get(id)
    if (follower !== undefined) follower.leaving = { index, told: undefined }
  }
}

/** Of a new leader. Those that the newest configuration removed may not know it: no earlier leader may be left to say so. */
export function followersOf(state: State): Map<NodeId, Follower> {
  const followers = new Map([...peersOf(state)].map((peer) => [peer, freshFollower(state)]))
  const previous = state.configurations.at(-2)
  if (previous === undefined) return followers
  const { index, configuration } = configurationInForce(state)
  for (const id of removedBetween(previous.configuration, configuration)) {
    if (id === state.id) continue
    followers.set(id, { ...freshFollower(state), nextIndex: index, leaving: { index, told: undefined } })
  }
  return followers
}

export function removalCommitted({ followers }: LeaderState, event: RemovalCommitted): void {
  const { commitIndex, round, until } = event
  for (const { leaving } of followers.values()) {
    if (leaving !== undefined && leaving.told === undefined && leaving.index <= commitIndex)
      leaving.told = { round, until }
  }
}

/** A server "must be prepared to fall back to the previous configuration in its log" (thesis §4.1). */
export function truncateConfigurations(state: State, fromIndex: LogIndex): void {
  const { configurations } = state
  while (configurations.at(-1)!.index >= fromIndex) configurations.pop()
  state.configuration = configurationInForce(state).configuration
}

/** What was before the newest applied configuration is of no use any more. */
export function applyConfigurations({ configurations, lastApplied }: State): void {
  while (configurations.length > 1 && configurations[1]!.index <= lastApplied) configurations.shift()
}
