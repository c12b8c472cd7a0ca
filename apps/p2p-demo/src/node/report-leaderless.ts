// Why nobody leads, when that lasts: without a majority, or where this node is none of the members any more.
import type { ExplanationCode, RaftNode } from '@riverraft/core'
import type { DemoEvent } from '../control/events.js'

const LOOK_EVERY_MS = 2_500
/** Told after so many looks in a row, and then now and then. An election takes less than one. */
const TELL_AT = 2
const TELL_EVERY = 24

/** What explains a lack of a leader, and not what follows from it. */
const CAUSES: ReadonlySet<ExplanationCode> = new Set([
  'election-runs',
  'pre-vote-runs',
  'own-vote-not-durable',
  'no-quorum-linked',
  'unreachable',
] as const)

export function reportLeaderless(
  node: Pick<RaftNode<never, unknown, unknown>, 'on' | 'status' | 'explain'>,
  report: (event: DemoEvent) => void,
): void {
  let looks = 0
  const timer = setInterval(() => {
    if (node.status().leaderId !== undefined) {
      looks = 0
      return
    }
    looks++
    if (looks % TELL_EVERY !== TELL_AT) return
    const why = node.explain().filter(({ code }) => CAUSES.has(code))
    report({ type: 'leaderless', why: why.map(({ text }) => text) })
  }, LOOK_EVERY_MS)
  timer.unref()
  node.on('Stopped', () => clearInterval(timer))
}
