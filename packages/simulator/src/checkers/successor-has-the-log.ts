// Thesis §3.10: "the prior leader fully updates the target server's log to match its own" before it tells it to
// campaign: nobody would vote for it. A leader that is removed (§4.2.2) gives its role up with the same word, and takes with
// it what is not committed.
import type { LogIndex, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export const successorHasTheLog: Checker = {
  property: 'successor-has-the-log',
  hooks({ views }, fail) {
    /** By term: what a successor has to have, when the word was decided on. It leaves at the end of that turn. */
    const decided = new Map<Term, { readonly index: LogIndex; readonly term: Term }>()
    return {
      event(node, event) {
        const isRemoved = event.type === 'BecameFollower' && event.reason === 'removed'
        if (event.type !== 'TimeoutNowSent' && !isRemoved) return
        const index = isRemoved ? node.commitIndex : node.log.length
        decided.set(node.term, { index, term: node.termAt(index) })
      },
      sent(node, to, message) {
        const successor = views.get(to)!
        if (message.type !== 'TimeoutNow' || successor.wiped || successor.term > message.term) return
        const end = node.log.length
        const { index, term } = decided.get(message.term) ?? { index: end, term: node.termAt(end) }
        if (successor.durableTermAt(index) !== term)
          fail(`${node.id} tells ${to} to campaign, which lacks entry ${index}`)
      },
    }
  },
}
