// What is committed is never truncated: not from the memory of a server that knows of the commit, and from nobody's disk.
import type { Checker } from './checker.js'

export const committedStays: Checker = {
  property: 'committed-stays',
  hooks: ({ committed }, fail) => ({
    event(node, event) {
      if (event.type === 'LogTruncated' && event.fromIndex <= node.commitIndex)
        fail(`${node.id} truncates from ${event.fromIndex}, committed is ${node.commitIndex}`)
    },
    writing(node, { truncateFrom }) {
      if (truncateFrom === undefined) return
      // Its commitIndex may be beyond by now: what goes is what this disk has there, not what has replaced it in memory.
      for (let index = truncateFrom; index <= node.durableLog.length; index++) {
        if (committed[index - 1]?.term === node.durableTermAt(index))
          return fail(`${node.id} truncates committed entry ${index} from its disk`)
      }
    },
  }),
}
