// Raft §5.2: "A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the
// same term." A vote counts from the moment it leaves its server, the candidate's own when its disk holds it.
import type { NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

export const electedByQuorum: Checker = {
  property: 'elected-by-quorum',
  hooks({ views }, fail) {
    /** By term and candidate. */
    const votes = new Map<string, Set<NodeId>>()
    return {
      sent(node, to, message) {
        if (message.type !== 'RequestVoteReply' || !message.voteGranted) return
        const election = `${message.term} ${to}`
        const voters = votes.get(election) ?? new Set()
        votes.set(election, voters.add(node.id))
      },
      event(node, event) {
        if (event.type !== 'BecameLeader') return
        const { id, durableHardState: disk } = node
        const own = disk.currentTerm === event.term && disk.votedFor === id
        const count = (votes.get(`${event.term} ${id}`)?.size ?? 0) + (own ? 1 : 0)
        if (count * 2 <= views.size)
          fail(`${id} is elected in term ${event.term} by ${count} of ${views.size} votes`)
      },
    }
  },
}
