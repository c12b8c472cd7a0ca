// The Storage port's promise: what `write` has completed, a power failure leaves in place; what was under way is there as
// a whole or not at all.
import { isDeepStrictEqual } from 'node:util'
import type { Term } from '@riverraft/core'
import type { Checker } from './checker.js'
import { applyBatch } from './node-view.js'

export const durableSurvives: Checker = {
  property: 'durable-survives',
  hooks: (_history, fail) => ({
    opened(node, stored) {
      if (node.wiped && stored.formatted) return
      const log: Term[] = []
      for (const run of stored.runs)
        for (let index = run.firstIndex; index <= run.lastIndex; index++) log[index - 1] = run.term
      const found = { hardState: stored.hardState, log }
      const before = { hardState: node.durableHardState, log: node.durableLog }
      if (isDeepStrictEqual(found, before)) return
      const { writing } = node
      if (writing !== undefined) {
        const after = { hardState: writing.hardState ?? before.hardState, log: [...before.log] }
        applyBatch(after.log, writing)
        if (isDeepStrictEqual(found, after)) return
      }
      const { currentTerm, votedFor } = stored.hardState
      fail(
        `${node.id} recovers term ${currentTerm}, vote ${votedFor}, ${log.length} entries; durable were term ` +
          `${before.hardState.currentTerm}, vote ${before.hardState.votedFor}, ${before.log.length} entries`,
      )
    },
  }),
}
