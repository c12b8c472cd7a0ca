// Thesis §6.3, on a session that is gone: making it anew would run its client's retries a second time. Unknown or
// expired, none of its commands runs.
import type { Checker } from './checker.js'

export const expiredNeverRuns: Checker = {
  property: 'expired-never-runs',
  hooks: (history, fail) => ({
    applied(node, { index }) {
      if (history.verdict(index) !== 'expired') return
      fail(
        `${node.id} runs ${index} of session ${history.committedEntry(index)!.sessionId}, which is no more`,
      )
    },
  }),
}
