// Raft §5.2: "Each server will vote for at most one candidate in a given term", also across crashes. A vote counts from
// the moment it leaves the server.
import type { NodeId } from '@riverraft/core'
import type { Checker } from './checker.js'

export const oneVotePerTerm: Checker = {
  property: 'one-vote-per-term',
  hooks(_history, fail) {
    const votes = new Map<string, NodeId>()
    return {
      sent(node, to, message) {
        const granted = message.type === 'RequestVoteReply' && message.voteGranted
        if (!granted && message.type !== 'RequestVote') return
        const candidate = granted ? to : node.id
        const vote = `${node.name} ${message.term}`
        const earlier = votes.get(vote) ?? candidate
        if (earlier !== candidate)
          fail(`${node.id} votes for ${earlier} and for ${candidate} in term ${message.term}`)
        votes.set(vote, candidate)
      },
    }
  },
}
