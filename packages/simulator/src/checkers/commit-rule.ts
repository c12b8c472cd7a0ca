// Raft §5.4.2: a leader commits by counting only an entry of its own term, and only one that a majority has on disk; §6: of
// both configurations while joint. Learners are not counted, nor is a leader that is not in its own configuration.
import type { Checker } from './checker.js'
import { isQuorum, textOf } from './configurations.js'
import { isThisMember } from './node-view.js'

export const commitRule: Checker = {
  property: 'commit-rule',
  hooks: (history, fail) => ({
    event(node, event) {
      if (event.type !== 'CommitAdvanced' || node.role !== 'leader') return
      const { commitIndex } = event
      const { configuration } = node
      const term = node.termAt(commitIndex)
      if (term !== node.term) return fail(`${node.id} counts entry ${commitIndex} of term ${term}`)
      const holds = (id: string): boolean => {
        const view = history.view(id)
        // What a disk held before it was replaced was acknowledged in truth; nobody lets that server in any more.
        if (view.wiped || view.durableTermAt(commitIndex) === term) return true
        return view.former !== undefined && !isThisMember(view, configuration)
      }
      if (!isQuorum(configuration, holds)) {
        const holders = [...history.views.keys()].filter(holds)
        fail(
          `${node.id} commits ${commitIndex} of ${textOf(configuration)}, which the disks of ${holders} hold`,
        )
      }
    },
  }),
}
