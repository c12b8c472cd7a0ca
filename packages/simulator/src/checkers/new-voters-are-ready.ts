// Thesis §4.2.1: a new server first "joins the cluster as a non-voting member", and votes when it has caught up: it has what its
// leader had an election timeout ago. And a majority of the new voters is there, unless the change was forced.
import type { LogIndex, NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'
import { isQuorum, textOf } from './configurations.js'
import { appendedBy, type NodeView } from './node-view.js'

/** A leader may look at its log as rarely as this. */
const SAMPLE_MS = 50

/** A leader at work, by its own clock. */
interface Reign {
  /** How long its log was, oldest first. */
  lengths: { readonly at: number; readonly length: LogIndex }[]
  readonly matched: Map<NodeId, LogIndex>
  readonly heardAt: Map<NodeId, number>
}

export function newVotersAreReady(electionTimeoutMsMax: number): Checker {
  /** What a new voter must have: never more than what its leader compares with. */
  const neededAt = ({ lengths }: Reign, now: number): LogIndex => {
    const seen = lengths.findLast(({ at }) => at <= now - electionTimeoutMsMax) ?? lengths[0]!
    return (lengths.findLast(({ at }) => at <= seen.at - SAMPLE_MS) ?? lengths[0]!).length
  }
  return {
    property: 'new-voters-are-ready',
    hooks({ configurations, calls }, fail) {
      const reigns = new Map<NodeView, Reign>()
      return {
        event(node, event) {
          const { now } = event
          if (event.type === 'BecameLeader') {
            const lengths = [{ at: now, length: event.firstIndex }]
            return void reigns.set(node, { lengths, matched: new Map(), heardAt: new Map() })
          }
          const reign = reigns.get(node)
          if (reign === undefined || node.role !== 'leader') return
          const { lengths, matched, heardAt } = reign
          if (event.type === 'HeartbeatSent') {
            lengths.push({ at: event.at, length: node.log.length })
            while (lengths.length > 2 && lengths[2]!.at < now - 2 * electionTimeoutMsMax - SAMPLE_MS)
              lengths.shift()
          }
          if (event.type === 'FollowerMatched')
            matched.set(event.follower, Math.max(event.matchIndex, matched.get(event.follower) ?? 0))
          if (event.type === 'FollowerContacted') heardAt.set(event.follower, event.at)
          const own = appendedBy(node, event)
          if (own?.configuration.outgoing === undefined) return
          const { voters } = own.configuration
          const before = configurations.inForce(own.index - 1, (index) => node.log[index - 1])
          // Who was never told any configuration votes for nobody.
          const needed = Math.max(neededAt(reign, now), before.index)
          for (const id of voters.filter((voter) => !before.voters.includes(voter))) {
            const has = matched.get(id) ?? 0
            if (has < needed)
              fail(`${node.id} makes ${id} a voter, which has ${has} entries of at least ${needed}`)
          }
          const isThere = (id: NodeId): boolean =>
            id === node.id || now - (heardAt.get(id) ?? Number.NEGATIVE_INFINITY) <= electionTimeoutMsMax
          const isForced = calls.some((call) => call.open && call.node === node && call.change.force === true)
          if (!isForced && !isQuorum({ voters }, isThere))
            fail(
              `${node.id} begins ${textOf(own.configuration)}, and has heard no majority of the new voters`,
            )
        },
      }
    },
  }
}
