// Raft §6, thesis §4.1: at most one change of the members is uncommitted, and none begins before its leader has committed an
// entry of its own term: until then an earlier leader's change may be committed without it knowing (raft-dev 2015).
import type { Checker } from './checker.js'
import { appendedBy } from './node-view.js'

export const oneChangeAtATime: Checker = {
  property: 'one-change-at-a-time',
  hooks({ configurations }, fail) {
    return {
      event(node, event) {
        const own = appendedBy(node, event)
        if (own === undefined) return
        const { id, commitIndex } = node
        const previous = configurations.inForce(own.index - 1, (index) => node.log[index - 1])
        if (previous.index > commitIndex)
          fail(`${id} changes members at ${own.index}, that of ${previous.index} is not committed`)
        if (node.termAt(commitIndex) !== node.term)
          fail(`${id} changes members at ${own.index} before it committed in term ${node.term}`)
      },
    }
  },
}
