// Raft §6: "The joint consensus combines both the old and new configurations": who is a member, who votes, and which
// configuration is in force.
import type { State } from './state.js'
import type { Configuration, ConfigurationEntry, LogIndex, NodeId } from './types.js'

/** "a server always uses the latest configuration in its log, regardless of whether the entry is committed". */
export function configurationInForce({ configurations }: State): ConfigurationEntry {
  return configurations.at(-1)!
}

/** The configuration as of `index`, which is not below lastApplied: what a snapshot that ends there holds. */
export function configurationAt({ configurations }: State, index: LogIndex): ConfigurationEntry {
  return configurations.findLast((entry) => entry.index <= index) ?? configurations[0]!
}

/** While joint, the voters of either configuration: "Any server from either configuration may serve as leader." */
export function votersOf({ voters, outgoing }: Configuration): readonly NodeId[] {
  return outgoing === undefined ? voters : [...new Set([...voters, ...outgoing])]
}

export function isVoter({ voters, outgoing }: Configuration, id: NodeId): boolean {
  return voters.includes(id) || (outgoing?.includes(id) ?? false)
}

/**
 * Thesis §4.2.2: "a server that is not part of its own latest configuration should still start new elections, as it might
 * still be needed until the C_new entry is committed". The one before it is committed, or C_new would not be there.
 */
export function mayCampaign({ id, configurations, commitIndex }: State): boolean {
  const { index, configuration } = configurations.at(-1)!
  if (isVoter(configuration, id)) return true
  const previous = configurations.at(-2)
  return index > commitIndex && previous !== undefined && isVoter(previous.configuration, id)
}

/** All that the log is replicated to: "Log entries are replicated to all servers in both configurations." */
export function membersOf(configuration: Configuration): readonly NodeId[] {
  const { learners = [] } = configuration
  return learners.length === 0
    ? votersOf(configuration)
    : [...new Set([...votersOf(configuration), ...learners])]
}

export function isMember(configuration: Configuration, id: NodeId): boolean {
  return isVoter(configuration, id) || (configuration.learners?.includes(id) ?? false)
}

/** True when this server's removal is committed, as far as it knows the log. */
export function isOut({ id, configurations, commitIndex }: State): boolean {
  const { index, configuration } = configurations.at(-1)!
  return index <= commitIndex && !isMember(configuration, id)
}

/** Who was in `before` and is not in `after`. */
export function removedBetween(before: Configuration, after: Configuration): readonly NodeId[] {
  return membersOf(before).filter((id) => !isMember(after, id))
}

export function sameVoters(a: readonly NodeId[], b: readonly NodeId[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id))
}

/**
 * True when no majority of `next` can be without a member of every majority of `previous`: the voters stay, or the old
 * ones are asked too. A server that knows no configuration yet takes any.
 */
export function mayFollow(previous: Configuration, next: Configuration): boolean {
  if (previous.voters.length === 0) return true
  if (next.outgoing !== undefined)
    return previous.outgoing === undefined && sameVoters(next.outgoing, previous.voters)
  return sameVoters(next.voters, previous.voters)
}
