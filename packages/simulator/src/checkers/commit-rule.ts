// Raft §5.4.2: a leader commits by counting only an entry of its own term, and only one that a majority has on disk.
import type { Checker } from './checker.js'

export const commitRule: Checker = {
  property: 'commit-rule',
  hooks: (history, fail) => ({
    event(node, event) {
      if (event.type !== 'CommitAdvanced' || node.role !== 'leader') return
      const { commitIndex } = event
      const term = node.termAt(commitIndex)
      if (term !== node.term) return fail(`${node.id} counts entry ${commitIndex} of term ${term}`)
      let holders = 0
      for (const view of history.views.values()) {
        // What a disk held before it was replaced was acknowledged in truth; nobody lets that server in any more.
        if (view.wiped || view.durableTermAt(commitIndex) === term) holders++
      }
      if (holders * 2 <= history.views.size)
        fail(`${node.id} commits ${commitIndex}, which ${holders} of ${history.views.size} disks hold`)
    },
  }),
}
