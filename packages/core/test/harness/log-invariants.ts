// What must hold of the servers' logs (Raft Figure 3).
import { type Invariant, must, type Step } from './invariant.js'
import { configurationOf, isMajorityOf } from './membership-invariants.js'
import type { Server } from './server.js'

export const leaderAppendOnly: Invariant = {
  title:
    'Leader Append-Only: a leader never overwrites or deletes entries in its log; it only appends new entries',
  stepped({ history, server: { id, state, entries } }) {
    if (state.role.role !== 'leader') return
    const before = history.leaderLogs.get(state.currentTerm) ?? []
    must(before.length <= entries.length, `leader ${id} deleted entries`)
    const last = before.length - 1
    // Log matching holds, so the last entry stands for all before it.
    must(last < 0 || before[last] === entries[last], `leader ${id} overwrote ${last + 1}`)
    if (before.length !== entries.length) history.leaderLogs.set(state.currentTerm, [...entries])
  },
}

export const logMatching: Invariant = {
  title: 'Log Matching: same index and term on two logs means the same entry there, and the same predecessor',
  stepped({ history, server: { id, entries }, result }) {
    for (const event of result.events) {
      if (event.type !== 'EntriesAppended') continue
      for (let index = event.firstIndex; index <= event.lastIndex; index++) {
        const entry = entries[index - 1]!
        const previous = entries[index - 2]
        const key = `${index} ${entry.term}`
        const known = history.entries.get(key)
        if (known === undefined) history.entries.set(key, { entry, previous })
        else must(known.entry === entry && known.previous === previous, `${id} differs at ${key}`)
      }
    }
  },
}

/** A removed leader steps down in the step in which it commits its removal. */
function leads(result: Step['result'], { state }: Server): boolean {
  const stepsDown = result.events.some(
    (event) => event.type === 'BecameFollower' && event.reason === 'removed',
  )
  return state.role.role === 'leader' || stepsDown
}

export const commitRule: Invariant = {
  title: 'a leader commits by counting only an entry of its own term that a majority has on disk (§5.4.2)',
  stepped({ history, server, result }) {
    const { id, state, entries } = server
    for (const [i, event] of result.events.entries()) {
      if (event.type !== 'CommitAdvanced' || !leads(result, server)) continue
      const entry = entries[event.commitIndex - 1]
      must(
        entry?.term === state.currentTerm,
        `${id} commits ${event.commitIndex} of another term by counting`,
      )
      const holders = [...history.servers.values()]
        .filter(({ disk }) => disk.log[event.commitIndex - 1] === entry)
        .map((holder) => holder.id)
      // A change that the commit itself brought about was not in force yet.
      const later = result.events.slice(i).find(({ type }) => type === 'EntriesAppended')
      const lastIndex = later?.type === 'EntriesAppended' ? later.firstIndex - 1 : entries.length
      const { configuration } = configurationOf(server, lastIndex)
      must(
        isMajorityOf(configuration, new Set(holders)),
        `${id} commits ${event.commitIndex} held by ${holders}`,
      )
    }
  },
}

export const committedForEver: Invariant = {
  title: 'State Machine Safety: what is committed at an index is the same on every server, for ever',
  stepped({ history: { committed }, server: { id, state, entries }, result }: Step) {
    for (const event of result.events) {
      if (event.type === 'SnapshotInstalled' || event.type === 'SnapshotTaken') {
        const { lastIncludedIndex: last } = event
        must(last <= committed.length, `${id} has a snapshot of what is not committed`)
        for (let index = 1; index <= last; index++)
          must(
            committed[index - 1]!.entry === entries[index - 1],
            `the snapshot of ${id} differs at ${index}`,
          )
      }
      if (event.type !== 'CommitAdvanced') continue
      for (let index = committed.length + 1; index <= event.commitIndex; index++) {
        committed.push({ entry: entries[index - 1]!, inTerm: state.currentTerm })
      }
      const { commitIndex } = event
      for (let index = commitIndex; index > 0 && index > commitIndex - 20; index--) {
        must(committed[index - 1]!.entry === entries[index - 1], `${id} commits something else at ${index}`)
      }
    }
  },
}

export const leaderCompleteness: Invariant = {
  title: 'Leader Completeness: a new leader holds every entry that was committed in an earlier term',
  stepped({ history, server: { id, entries }, result }) {
    for (const event of result.events) {
      if (event.type !== 'BecameLeader') continue
      for (const { entry, inTerm } of history.committed) {
        if (inTerm >= event.term) continue
        must(entries[entry.index - 1] === entry, `leader ${id} of term ${event.term} lacks ${entry.command}`)
      }
    }
  },
}
