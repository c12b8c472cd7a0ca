// Thesis §9.6: a pre-vote changes neither term nor vote. A term rises when its owner campaigns, or was told of it by
// something other than a question whether an election could be won.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const termRisesForAReason: Checker = {
  property: 'term-rises-for-a-reason',
  hooks(_history, fail) {
    const told = new Map<NodeId, Set<Term>>()
    const handedOver = new Set<string>()
    return {
      sent(_node, to, message) {
        if (message.type === 'PreVote') return
        told.set(to, (told.get(to) ?? new Set()).add(message.term))
        if (message.type === 'TimeoutNow') handedOver.add(`${message.term} ${to}`)
      },
      event(node, event) {
        if (event.type !== 'TermAdvanced') return
        const campaigns =
          event.term === node.term + 1 &&
          (node.role === 'pre-candidate' || handedOver.has(`${node.term} ${node.id}`))
        if (!campaigns && told.get(node.id)?.has(event.term) !== true)
          fail(`${node.id} goes from term ${node.term} to ${event.term}, of which nobody has told it`)
      },
    }
  },
}
