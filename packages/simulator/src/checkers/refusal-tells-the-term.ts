// Raft §5.1: "if one server's current term is smaller than the other's, then it updates its current term to the larger value":
// an answer to a pre-vote tells the term of who answers, or whoever asks in an old one does so for ever (etcd#8243).
import type { NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

export const refusalTellsTheTerm: Checker = {
  property: 'refusal-tells-the-term',
  hooks({ circumstances }, fail) {
    const risenAt = new Map<NodeId, number>()
    return {
      event(node, event) {
        if (event.type === 'TermAdvanced') risenAt.set(node.id, circumstances.now())
      },
      sent(node, to, message) {
        if (message.type !== 'PreVoteReply' || message.voteGranted) return
        // Answered earlier in the same turn.
        if (risenAt.get(node.id) === circumstances.now() || message.term === node.term) return
        fail(`${node.id} refuses ${to} its vote and tells term ${message.term}, in term ${node.term}`)
      },
    }
  },
}
