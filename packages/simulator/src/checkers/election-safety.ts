// Raft Figure 3, Election Safety: at most one leader can be elected in a given term.
import type { Checker } from './checker.js'

export const electionSafety: Checker = {
  property: 'election-safety',
  hooks: ({ leaders }, fail) => ({
    event(node, event) {
      if (event.type !== 'BecameLeader') return
      const known = leaders.get(event.term)
      if (known !== undefined) fail(`${known} and ${node.id} are both elected in term ${event.term}`)
      leaders.set(event.term, node.id)
    },
  }),
}
