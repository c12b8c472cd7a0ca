// Raft Figure 2: lastApplied goes up by one at a time. Only commands reach the machine, and of those only what its session
// has not seen; what is between two of them must be something else. Or it goes up by a snapshot.
import type { LogIndex } from '@riverraft/core'
import type { Checker } from './checker.js'
import type { NodeView } from './node-view.js'

export const appliedInOrder: Checker = {
  property: 'applied-in-order',
  hooks(history, fail) {
    const reached = new Map<NodeView, LogIndex>()
    return {
      opened: (node, { snapshot }) => void reached.set(node, snapshot?.index ?? 0),
      event(node, event) {
        if (event.type === 'SnapshotInstalled') reached.set(node, event.lastIncludedIndex)
      },
      applied(node, { index }) {
        const last = reached.get(node) ?? 0
        reached.set(node, index)
        if (index <= last) return fail(`${node.id} applies ${index} after ${last}`)
        for (let skipped = last + 1; skipped < index; skipped++) {
          if (history.verdict(skipped) === 'run')
            return fail(`${node.id} applies ${index} without ${skipped}`)
        }
      },
    }
  },
}
