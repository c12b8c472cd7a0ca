// Thesis §3.10: "the prior leader fully updates the target server's log to match its own" before it tells it to
// campaign: nobody would vote for it. A leader that is removed (§4.2.2) gives its role up with the same word, and takes with
// it what is not committed.
import type { Checker } from './checker.js'

export const successorHasTheLog: Checker = {
  property: 'successor-has-the-log',
  hooks({ views }, fail) {
    return {
      sent(node, to, message) {
        const successor = views.get(to)!
        if (message.type !== 'TimeoutNow' || successor.wiped || successor.term > message.term) return
        const end = node.role === 'leader' ? node.log.length : node.commitIndex
        if (successor.durableTermAt(end) !== node.termAt(end))
          fail(`${node.id} tells ${to} to campaign, which lacks entry ${end}`)
      },
    }
  },
}
