// Thesis §9.6: "a candidate only increments its term if it first learns from a majority of the cluster that they would
// be willing to grant the candidate their votes"; §3.10: or when its leader told it to. Raft §6: of both configurations
// while joint, and nobody campaigns who is no voter.
import type { NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'
import { isQuorum, textOf } from './configurations.js'

export const askedBeforeCampaigning: Checker = {
  property: 'asked-before-campaigning',
  hooks(_history, fail) {
    /** Who was willing to vote, by the term that was asked in and who asked. */
    const willing = new Map<string, Set<NodeId>>()
    const told = new Set<string>()
    return {
      sent(node, to, message) {
        if (message.type === 'TimeoutNow') told.add(`${message.term} ${to}`)
        if (message.type !== 'PreVoteReply' || !message.voteGranted) return
        const asked = `${message.askedTerm} ${to}`
        willing.set(asked, (willing.get(asked) ?? new Set()).add(node.id))
      },
      event(node, event) {
        if (event.type !== 'BecameCandidate') return
        const asked = `${event.term - 1} ${node.id}`
        const those = new Set([...(willing.get(asked) ?? []), node.id])
        if (!told.has(asked) && !isQuorum(node.configuration, (id) => those.has(id)))
          fail(
            `${node.id} campaigns in term ${event.term}, willing are ${[...those]} of ${textOf(node.configuration)}`,
          )
      },
    }
  },
}
