// What is committed is never truncated: not from the memory of a server that knows of the commit, and from no disk that its
// leader may have counted.
import type { LogIndex, NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const committedStays: Checker = {
  property: 'committed-stays',
  hooks({ committed }, fail) {
    /** What each server truncated and has not written yet, oldest first. */
    const truncated = new Map<NodeId, { readonly fromIndex: LogIndex; readonly term: Term }[]>()
    /** In which term it was decided on what is written now: several may go with one write, or each with its own. */
    const takeTerm = (id: NodeId, truncateFrom: LogIndex): Term | undefined => {
      const waiting = truncated.get(id) ?? []
      const term = waiting[0]?.term
      let least = Number.POSITIVE_INFINITY
      while (waiting.length > 0 && least !== truncateFrom) least = Math.min(least, waiting.shift()!.fromIndex)
      return term
    }
    return {
      event(node, event) {
        if (event.type !== 'LogTruncated') return
        if (event.fromIndex <= node.commitIndex)
          fail(`${node.id} truncates from ${event.fromIndex}, committed is ${node.commitIndex}`)
        const { fromIndex } = event
        truncated.set(node.id, [...(truncated.get(node.id) ?? []), { fromIndex, term: node.term }])
      },
      opened: (node) => void truncated.delete(node.id),
      writing(node, { truncateFrom }) {
        if (truncateFrom === undefined) return
        const term = takeTerm(node.id, truncateFrom) ?? node.term
        // Its commitIndex may be beyond by now: what goes is what this disk's log has there, not what has replaced it in memory,
        // nor what a snapshot has that is about to.
        for (let index = truncateFrom; index <= node.storedLog.length; index++) {
          const known = committed[index - 1]
          if (known === undefined || known.term !== node.storedLog[index - 1]) continue
          // In an earlier term it has acknowledged nothing to who committed it, and may follow a leader that was outvoted.
          if (term >= known.inTerm) return fail(`${node.id} truncates committed entry ${index} from its disk`)
        }
      },
    }
  },
}
