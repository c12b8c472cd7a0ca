// Raft §8: "the state machine tracks the latest serial number processed for each client": a sequence of a session runs
// once, whatever was sent again, by whom, in which order.
import type { LogIndex } from '@riverraft/core'
import type { Checker } from './checker.js'

export const appliedOnce: Checker = {
  property: 'applied-once',
  hooks(history, fail) {
    /** Where each sequence of each session was run, by whoever was first. */
    const ranAt = new Map<string, LogIndex>()
    return {
      applied(node, { index, session }) {
        const entry = history.committedEntry(index)
        if (entry === undefined || entry.sessionId === 0)
          return fail(`${node.id} applies ${index}, a command without a session`)
        const { sessionId, sequence } = entry
        if (session !== sessionId)
          fail(`${node.id} applies ${index} of session ${sessionId} and says session ${session}`)
        const place = `${sessionId} ${sequence}`
        const first = ranAt.get(place)
        if (first === undefined) ranAt.set(place, index)
        else if (first !== index)
          fail(
            `${node.id} runs sequence ${sequence} of session ${sessionId} at ${index}, it was run at ${first}`,
          )
        if (history.verdict(index) === 'acknowledged')
          fail(
            `${node.id} runs sequence ${sequence} of session ${sessionId}, which its client has acknowledged`,
          )
      },
    }
  },
}
