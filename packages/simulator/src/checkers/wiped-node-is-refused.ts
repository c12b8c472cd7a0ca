// A node with a wiped disk has lost its vote and its log: nobody who knew it before lets it in under its old id.
import type { NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

export const wipedNodeIsRefused: Checker = {
  property: 'wiped-node-is-refused',
  hooks(_history, fail) {
    /** Per judging process and peer: the incarnation it has let in. */
    const known = new Map<string, string>()
    const key = (by: NodeId, peer: NodeId): string => `${by} ${peer}`
    return {
      // A new process has met nobody yet.
      opened(node) {
        for (const id of known.keys()) if (id.startsWith(`${node.id} `)) known.delete(id)
      },
      greeted(node, by, incarnation, refusal) {
        if (refusal !== undefined) return
        const earlier = known.get(key(by.id, node.id))
        if (earlier !== undefined && earlier !== incarnation)
          fail(`${by.id} lets ${node.id} in with another storage than before`)
        known.set(key(by.id, node.id), incarnation)
      },
    }
  },
}
