// A node with a wiped disk has lost its vote and its log: nobody who knew it before lets it in under its old id, unless it
// has been removed since.
import type { LogIndex, NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'
import { isMemberOf } from './configurations.js'
import type { NodeView } from './node-view.js'

export const wipedNodeIsRefused: Checker = {
  property: 'wiped-node-is-refused',
  hooks({ configurations }, fail) {
    /** Per judging process and peer: the incarnation it has let in, and what the judge's newest configuration was. */
    const known = new Map<string, { readonly incarnation: string; readonly index: LogIndex }>()
    /** The judge has heard of a configuration without it, since. */
    const wasRemoved = (by: NodeView, peer: NodeId, since: LogIndex): boolean =>
      configurations.known.some(
        (one) => one.index >= since && by.termAt(one.index) === one.term && !isMemberOf(one, peer),
      )
    const key = (by: NodeId, peer: NodeId): string => `${by} ${peer}`
    return {
      // A new process has met nobody yet.
      opened(node) {
        for (const id of known.keys()) if (id.startsWith(`${node.id} `)) known.delete(id)
      },
      greeted(node, by, incarnation, refusal) {
        if (refusal !== undefined) return
        const earlier = known.get(key(by.id, node.id))
        // It comes with the word of a configuration that its judge has not heard of yet: no new disk has that.
        const { index, members = [] } = node.configuration
        const isNamed = members.some((one) => one.id === node.id && one.incarnation === incarnation)
        if (isNamed && index > by.configuration.index) return
        const isAnother = earlier !== undefined && earlier.incarnation !== incarnation
        if (isAnother && !wasRemoved(by, node.id, earlier.index))
          fail(`${by.id} lets ${node.id} in with another storage than before`)
        known.set(key(by.id, node.id), { incarnation, index: by.configuration.index })
      },
    }
  },
}
