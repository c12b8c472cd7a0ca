// The StateMachine port's promise: the timestamp of an entry never decreases along the log, whatever the leaders' clocks
// show.
import type { Checker } from './checker.js'
import type { NodeView } from './node-view.js'

export const timestampsNeverGoBack: Checker = {
  property: 'timestamps-never-go-back',
  hooks(_history, fail) {
    const reached = new Map<NodeView, number>()
    return {
      opened: (node) => void reached.delete(node),
      applied(node, { index, timestamp }) {
        const last = reached.get(node) ?? 0
        if (timestamp < last) fail(`${node.id} applies ${index} of ${timestamp} ms after ${last} ms`)
        reached.set(node, timestamp)
      },
    }
  },
}
