// Raft §6: whoever is removed hears of it from the leader that commits it, by the entry that says so; a leader that has removed itself "steps down (returns
// to follower state) once it has committed the C_new log entry", no sooner, and soon.
import type { LogIndex } from '@riverraft/core'
import type { Checker } from './checker.js'
import { isMemberOf, isVoterOf, textOf } from './configurations.js'
import { appendedBy, type NodeView } from './node-view.js'

/** Rounds of heartbeats: in the first one they are told. */
const ROUNDS_MAX = 3
/** Those that leave with it have an election timeout to answer. */
const STAYS_MS_MAX = 600
const ROUND_MS = 100

/** A leader that has removed others. */
interface Removing {
  readonly index: LogIndex
  rounds: number
}

/** A leader whose own removal is committed. */
interface Leaving {
  readonly since: number
  rounds: number
  lastAt: number
}

export const removalIsTold: Checker = {
  property: 'removal-is-told',
  hooks({ configurations }, fail) {
    const removing = new Map<NodeView, Removing>()
    const leaving = new Map<NodeView, Leaving>()
    const forget = (node: NodeView): void => {
      removing.delete(node)
      leaving.delete(node)
    }
    const stays = (node: NodeView, at: number): void => {
      const { id, configuration, commitIndex } = node
      if (configuration.index > commitIndex || isVoterOf(configuration, id)) return void leaving.delete(node)
      const own = leaving.get(node) ?? { since: at, rounds: 0, lastAt: at }
      leaving.set(node, own)
      if (at < own.since + STAYS_MS_MAX || at < own.lastAt + ROUND_MS) return
      own.lastAt = at
      if (++own.rounds > ROUNDS_MAX)
        fail(`${id} leads for ${(at - own.since).toFixed(0)} ms, and is no voter of ${textOf(configuration)}`)
    }
    return {
      opened: forget,
      sent(node, to, message) {
        const { id, role, term, configuration } = node
        if (message.type !== 'InstallSnapshot' || role !== 'leader' || message.term !== term) return
        if (message.lastIncludedIndex >= configuration.index && !isMemberOf(configuration, to))
          fail(`${id} sends ${to} a snapshot of ${message.lastIncludedIndex}, which knows it no more`)
      },
      event(node, event) {
        const own = appendedBy(node, event)
        if (own !== undefined) {
          const before = configurations.inForce(own.index - 1, (index) => node.log[index - 1])
          const { voters, outgoing, learners = [] } = own.configuration
          const after = { ...before, voters, outgoing, learners }
          const all = [...before.voters, ...(before.outgoing ?? []), ...before.learners]
          const others = all.filter((id) => id !== node.id && !isMemberOf(after, id))
          if (others.length > 0) removing.set(node, { index: own.index, rounds: 0 })
        }
        if (event.type === 'RemovalCommitted') removing.delete(node)
        if (event.type === 'HeartbeatSent') {
          const told = removing.get(node)
          if (told !== undefined && node.commitIndex >= told.index && ++told.rounds > ROUNDS_MAX)
            fail(`${node.id} has committed ${told.index}, and does not tell those whom that removes`)
          stays(node, event.at)
        }
        if (event.type === 'BecameFollower') {
          const { id, configuration, commitIndex } = node
          const isGone = configuration.index <= commitIndex && !isVoterOf(configuration, id)
          if (event.reason === 'removed' && !isGone)
            fail(`${id} steps down as removed, committed is ${commitIndex} of ${textOf(configuration)}`)
        }
        if (event.type === 'BecameFollower' || event.type === 'BecameLeader' || event.type === 'TermAdvanced')
          forget(node)
      },
    }
  },
}
