// Thesis §4.2.3: "if a server receives a RequestVote request within the minimum election timeout of hearing from a
// current leader, it does not update its term or grant its vote", unless the leader wants it so (§3.10). Leases rest on it.
import type { NodeId, Term } from '@riverraft/core'
import type { Checker } from './checker.js'

export function noVoteBesideALeader(electionTimeoutMsMin: number): Checker {
  return {
    property: 'no-vote-beside-a-leader',
    hooks({ circumstances }, fail) {
      const contacts = new Map<NodeId, { readonly at: number; readonly term: Term }>()
      const handedOver = new Set<Term>()
      return {
        sent(_node, _to, message) {
          if (message.type === 'TimeoutNow') handedOver.add(message.term)
        },
        opened(node, { hardState }) {
          // With leases a restart forgets no promise; what was answered in a term had to be durable first.
          const contact = contacts.get(node.id)
          if (circumstances.leases && contact !== undefined && hardState.currentTerm >= contact.term) return
          contacts.delete(node.id)
        },
        event(node, event) {
          if (event.type === 'LeaderContacted') contacts.set(node.id, { at: event.at, term: node.term })
          if (event.type !== 'VoteGranted') return
          const contact = contacts.get(node.id)
          // A vote that comes after its election, for the leader it has, makes no other.
          if (contact === undefined || contact.term === event.term) return
          const silentMs = event.now - contact.at
          if (silentMs < electionTimeoutMsMin && !handedOver.has(event.term - 1))
            fail(
              `${node.id} votes for ${event.candidate} ${silentMs.toFixed(1)} ms after it heard its leader`,
            )
        },
      }
    },
  }
}
