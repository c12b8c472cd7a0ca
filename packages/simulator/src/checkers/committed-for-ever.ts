// Raft §5.4.3, State Machine Safety: what is committed at an index is the same on every server, for ever.
import type { Checker } from './checker.js'

export const committedForEver: Checker = {
  property: 'committed-for-ever',
  hooks: ({ committed }, fail) => ({
    event(node, event) {
      if (event.type !== 'CommitAdvanced') return
      for (let index = node.commitIndex + 1; index <= event.commitIndex; index++) {
        const term = node.termAt(index)
        const known = committed[index - 1]
        if (known === undefined) committed.push({ term, inTerm: event.term })
        else if (known.term !== term)
          return fail(`${node.id} commits ${index} of term ${term}, before it was one of term ${known.term}`)
      }
    },
  }),
}
