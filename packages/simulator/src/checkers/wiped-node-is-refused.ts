// A node with a wiped disk has lost its vote and its log: nobody who knew it before lets it in under its old id, unless it
// has been removed since.
import type { LogIndex, NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import { isMemberOf } from './configurations.js'
import type { NodeView } from './node-view.js'

interface Known {
  /** That the judge has let in. */
  readonly incarnation: string
  /** How far its log went then; less, if that was truncated since: the configuration of then is what it fell back to. */
  through: LogIndex
}

export const wipedNodeIsRefused: Checker = {
  property: 'wiped-node-is-refused',
  hooks({ configurations }, fail) {
    /** Per judging process and peer. */
    const known = new Map<string, Known>()
    /**
     * As of which index each process knows the members that it uses: that of their entry, or of the snapshot that told them. The
     * entry that a snapshot stands for may be one that the judge has, too, and is older than what the snapshot says.
     */
    const asOf = new Map<NodeId, LogIndex>()
    /** The judge's configuration of then leaves it out, or a later one does. */
    const wasRemoved = (by: NodeView, peer: NodeId, { through }: Known): boolean => {
      const since = by.configurationAt(through).index
      return configurations.known.some(
        (one) => one.index >= since && by.termAt(one.index) === one.term && !isMemberOf(one, peer),
      )
    }
    const key = (by: NodeId, peer: NodeId): string => `${by} ${peer}`
    const fallBack = (by: NodeId, to: LogIndex): void => {
      for (const [id, one] of known) if (id.startsWith(`${by} `)) one.through = Math.min(one.through, to)
    }
    return {
      event(node, event) {
        if (event.type === 'MembershipChanged') asOf.set(node.id, event.index)
        if (event.type === 'LogTruncated') fallBack(node.id, event.fromIndex - 1)
        // What is committed is the same in any log.
        if (event.type === 'SnapshotInstalled' && !event.logKept) fallBack(node.id, node.commitIndex)
      },
      // A new process has met nobody yet.
      opened(node) {
        asOf.set(node.id, Math.max(node.configuration.index, node.durableSnapshot?.metadata.index ?? 0))
        for (const id of known.keys()) if (id.startsWith(`${node.id} `)) known.delete(id)
      },
      greeted(node, by, { incarnation }, refusal) {
        if (refusal !== undefined) return
        const earlier = known.get(key(by.id, node.id))
        const saidAt = asOf.get(node.id) ?? node.configuration.index
        // A configuration of a deposed leader may stand behind a later one.
        const mayBeLater = saidAt > by.configuration.index || lastTermOf(node) > lastTermOf(by)
        if (mayBeLater && speaksFor(node, incarnation)) return
        const isAnother = earlier !== undefined && earlier.incarnation !== incarnation
        if (isAnother && !wasRemoved(by, node.id, earlier))
          fail(`${by.id} lets ${node.id} in with another storage than before`)
        known.set(key(by.id, node.id), { incarnation, through: by.log.length })
      },
    }
  },
}

const lastTermOf = ({ log }: NodeView): Term => log.at(-1) ?? 0

/**
 * Its configuration names this storage, or a learner with none, or leaves out whoever was called so: nothing of that is what a
 * disk was lost from. A judge that has not heard of it yet may follow it.
 */
function speaksFor(node: NodeView, incarnation: string): boolean {
  const { id, configuration } = node
  // It leads, and what it has just appended has no bytes yet: it speaks as before.
  const members = configuration.members ?? node.configurationAt(configuration.index - 1).members
  if (members === undefined) return false
  const self = members.find((one) => one.id === id)
  if (self === undefined || self.incarnation === incarnation) return true
  return self.role === 'learner' && self.incarnation === undefined
}
