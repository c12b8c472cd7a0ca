// What must hold of memberships (Raft §6), checked against the servers' entries and not against what consensus keeps.
import type { Configuration, ConfigurationEntry, LogIndex, NodeId } from '../../src/consensus/index.js'
import { type Invariant, must } from './invariant.js'
import type { Server } from './server.js'

/** The newest configuration of a server's log up to `index`, or what it began with. */
export function configurationOf(
  { entries, firstVoters: voters }: Server,
  index: LogIndex,
): ConfigurationEntry {
  for (let at = Math.min(index, entries.length); at > 0; at--) {
    const { configuration } = entries[at - 1]!
    if (configuration !== undefined) return { index: at, configuration }
  }
  return { index: 0, configuration: { voters } }
}

/** Majorities counted anew: of both halves when joint. */
export function isMajorityOf(
  { voters, outgoing = voters }: Configuration,
  ids: ReadonlySet<NodeId>,
): boolean {
  return [voters, outgoing].every((half) => half.filter((id) => ids.has(id)).length * 2 > half.length)
}

/** Every majority of the one shares a server with every majority of the other, by trying all of them. */
function overlap(a: Configuration, b: Configuration): boolean {
  const ids = [...new Set([a, b].flatMap(({ voters, outgoing = [] }) => [...voters, ...outgoing]))]
  for (let bits = 0; bits < 2 ** ids.length; bits++) {
    const inside = new Set(ids.filter((_, i) => (bits >> i) & 1))
    const outside = new Set(ids.filter((id) => !inside.has(id)))
    if (isMajorityOf(a, inside) && isMajorityOf(b, outside)) return false
  }
  return true
}

export const configurationInForce: Invariant = {
  title:
    'a server uses the latest configuration in its log, committed or not; a truncation brings the earlier one back',
  stepped({ server }) {
    const { state, entries, id } = server
    const { index, configuration } = configurationOf(server, entries.length)
    must(
      state.configuration === configuration || index === 0,
      `${id} does not use the configuration of ${index}`,
    )
    must(index > 0 || state.configuration.voters === server.firstVoters, `${id} lost its first configuration`)
  },
}

export const oneChangeAtATime: Invariant = {
  title:
    'at most one membership change is uncommitted, none before a commit in the leader’s term; successive ones overlap',
  stepped({ history, server, result }) {
    for (const effect of result.effects) {
      if (effect.type !== 'EncodeBlock' || effect.configuration === undefined) continue
      const { id, state, entries } = server
      const previous = configurationOf(server, effect.firstIndex - 1)
      must(
        previous.index <= history.committed.length,
        `${id} changes members while ${previous.index} is uncommitted`,
      )
      const inTerm = history.committed.some(({ entry }) => entry.term === state.currentTerm)
      must(inTerm, `${id} changes members before it committed in term ${state.currentTerm}`)
      must(entries.length === effect.lastIndex, `${id}: a membership entry is the last of its step`)
      must(overlap(previous.configuration, effect.configuration), `${id}: majorities do not overlap`)
    }
  },
}

export const snapshotConfiguration: Invariant = {
  title:
    'a snapshot has the configuration of its last entry, of which nothing is uncommitted; what is behind it stays in force',
  stepped({ server, result }) {
    for (const event of result.events) {
      if (event.type !== 'SnapshotTaken' && event.type !== 'SnapshotInstalled') continue
      const { id } = server
      const { index, configuration } = configurationOf(server, event.lastIncludedIndex)
      // Of a leader's snapshot that its log has caught up with: it tells more than who began knowing nobody knows.
      const knowsNobody = index === 0 && configuration.voters.length === 0
      must(
        knowsNobody || JSON.stringify(event.configuration) === JSON.stringify(configuration),
        `${id}: the snapshot of ${event.lastIncludedIndex} has another configuration than the log`,
      )
    }
  },
}

export const whoVotes: Invariant = {
  title: 'only voters are counted; nobody campaigns who is no voter, as far as it knows what is committed',
  stepped({ history, server, result }) {
    const { id, entries, state } = server
    for (const event of result.events) {
      const campaigns = event.type === 'BecameCandidate' || event.type === 'BecamePreCandidate'
      if (!campaigns && event.type !== 'BecameLeader') continue
      const { index, configuration } = configurationOf(server, entries.length)
      // Thesis §4.2.2: until its removal is committed it may be needed.
      const earlier =
        index > state.commitIndex ? configurationOf(server, index - 1).configuration : configuration
      const either = [configuration, earlier].flatMap(({ voters, outgoing = [] }) => [...voters, ...outgoing])
      must(either.includes(id), `${id} is no voter: ${event.type}`)
      if (event.type !== 'BecameLeader') continue
      const gave = (voter: NodeId): boolean =>
        voter === id || history.votes.get(`${voter} ${event.term}`) === id
      const votes = new Set([...history.servers.keys()].filter(gave))
      must(isMajorityOf(configuration, votes), `${id} leads by the votes of ${[...votes]}`)
    }
  },
}

export const removalIsCommitted: Invariant = {
  title: 'a server that knows of its removal has the entry of it, and that is committed',
  stepped({ history, server, result }) {
    if (!result.effects.some(({ type }) => type === 'Removed')) return
    const { id, entries } = server
    const { index, configuration } = configurationOf(server, entries.length)
    const { voters, outgoing = [], learners = [] } = configuration
    must(![...voters, ...outgoing, ...learners].includes(id), `${id} is a member by ${index}`)
    must(history.committed[index - 1]?.entry === entries[index - 1], `${id}: ${index} is not committed`)
  },
}
