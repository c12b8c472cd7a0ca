// What is committed is never truncated: not from the memory of a server that knows of the commit, and from no disk that its
// leader may have counted.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const committedStays: Checker = {
  property: 'committed-stays',
  hooks({ committed }, fail) {
    /** In which term each server truncated first since it last wrote that. */
    const truncatedIn = new Map<NodeId, Term>()
    return {
      event(node, event) {
        if (event.type !== 'LogTruncated') return
        if (event.fromIndex <= node.commitIndex)
          fail(`${node.id} truncates from ${event.fromIndex}, committed is ${node.commitIndex}`)
        if (!truncatedIn.has(node.id)) truncatedIn.set(node.id, node.term)
      },
      opened: (node) => void truncatedIn.delete(node.id),
      writing(node, { truncateFrom }) {
        if (truncateFrom === undefined) return
        const term = truncatedIn.get(node.id) ?? node.term
        truncatedIn.delete(node.id)
        // Its commitIndex may be beyond by now: what goes is what this disk has there, not what has replaced it in memory.
        for (let index = truncateFrom; index <= node.durableLog.length; index++) {
          const known = committed[index - 1]
          if (known === undefined || known.term !== node.durableTermAt(index)) continue
          // In an earlier term it has acknowledged nothing to who committed it, and may follow a leader that was outvoted.
          if (term >= known.inTerm) return fail(`${node.id} truncates committed entry ${index} from its disk`)
        }
      },
    }
  },
}
