// Raft Figure 3, Election Safety: at most one leader can be elected in a given term; and that is whom the others follow.
import type { Checker } from './checker.js'

export const electionSafety: Checker = {
  property: 'election-safety',
  hooks: ({ leaders }, fail) => ({
    event(node, event) {
      if (event.type === 'LeaderRecognized' && leaders.get(event.term) !== event.leader)
        fail(
          `${node.id} follows ${event.leader} in term ${event.term}, its leader is ${leaders.get(event.term)}`,
        )
      if (event.type !== 'BecameLeader') return
      const known = leaders.get(event.term)
      if (known !== undefined) fail(`${known} and ${node.id} are both elected in term ${event.term}`)
      leaders.set(event.term, node.id)
    },
  }),
}
