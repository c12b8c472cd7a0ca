// Raft Figure 3, Leader Completeness: "if a log entry is committed in a given term, then that entry will be present in
// the logs of the leaders for all higher-numbered terms".
import type { Checker } from './checker.js'

export const leaderCompleteness: Checker = {
  property: 'leader-completeness',
  hooks: ({ committed }, fail) => ({
    event(node, event) {
      if (event.type !== 'BecameLeader') return
      let index = committed.length
      while (index > 0 && committed[index - 1]!.inTerm >= event.term) index--
      // Log matching holds: the last one stands for all before it.
      if (index > 0 && node.termAt(index) !== committed[index - 1]!.term)
        fail(
          `leader ${node.id} of term ${event.term} lacks entry ${index} of term ${committed[index - 1]!.term}`,
        )
    },
  }),
}
