// Thesis §6.2: "a leader in Raft steps down if an election timeout elapses without a successful round of heartbeats to a majority
// of its cluster"; so does one whose disk hangs (hashicorp/raft#503), and a transfer has an end (hashicorp/raft#696).
import type { NodeEvent, NodeId, WriteBatch } from '@riverraft/core'
import type { Checker } from './checker.js'
import { quorumValue } from './configurations.js'
import type { NodeView } from './node-view.js'

/** A leader at work, by its own clock. */
interface Reign {
  since: number
  readonly heardAt: Map<NodeId, number>
  transferUntil: number
  writing: { readonly batch: WriteBatch; readonly since: number } | undefined
  /** Heartbeats that it should not have sent, in a row, and when the first one left. */
  useless: number
  uselessSince: number
}

/** A tick looks every heartbeat; until then reads may begin rounds, which are heartbeats too. */
const USELESS_MAX = 2
const USELESS_MS_MAX = 100

export function leaderIsAtWork(electionTimeoutMsMax: number, storageStallMsMax: number): Checker {
  return {
    property: 'leader-is-at-work',
    hooks(_history, fail) {
      const reigns = new Map<NodeId, Reign>()
      const judge = (node: NodeView, reign: Reign, now: number): string | undefined => {
        const quorumAt = quorumValue(node.configuration, (id) =>
          id === node.id ? now : (reign.heardAt.get(id) ?? 0),
        )
        const alone = now - Math.max(quorumAt, reign.since)
        if (alone > electionTimeoutMsMax) return `has heard from no quorum for ${alone.toFixed(0)} ms`
        if (reign.writing?.batch !== node.writing) {
          reign.writing = node.writing && { batch: node.writing, since: now }
        }
        const stalled = now - (reign.writing?.since ?? now)
        if (stalled > storageStallMsMax) return `has waited for its disk for ${stalled.toFixed(0)} ms`
        return now > reign.transferUntil ? 'hands over beyond the deadline' : undefined
      }
      return {
        event(node, event) {
          if (event.type === 'BecameLeader') return void reigns.set(node.id, freshReign(event.at))
          const reign = reigns.get(node.id)
          if (reign === undefined) return
          if (event.type !== 'HeartbeatSent') return follow(reign, event)
          const wrong = judge(node, reign, event.at)
          reign.useless = wrong === undefined ? 0 : reign.useless + 1
          if (reign.useless <= 1) reign.uselessSince = event.at
          const forMs = event.at - reign.uselessSince
          if (reign.useless > USELESS_MAX && forMs > USELESS_MS_MAX)
            fail(`${node.id} leads term ${node.term}, and ${wrong}`)
        },
      }
    },
  }
}

function freshReign(since: number): Reign {
  const transferUntil = Number.POSITIVE_INFINITY
  return { since, heardAt: new Map(), transferUntil, writing: undefined, useless: 0, uselessSince: 0 }
}

function follow(reign: Reign, event: NodeEvent): void {
  switch (event.type) {
    case 'FollowerContacted':
      reign.heardAt.set(event.follower, event.at)
      return
    case 'TickWasLate':
      // It has slept itself: the others' silence begins anew.
      reign.heardAt.clear()
      reign.since = event.at
      return
    case 'TransferStarted':
      reign.transferUntil = event.deadline
      return
    case 'TransferAborted':
      reign.transferUntil = Number.POSITIVE_INFINITY
      return
    default:
      return
  }
}
