// A server whose disk was replaced has forgotten its vote and its log: nothing that it says under its old id since then is
// counted, by anybody.
import type { LogIndex } from '@riverraft/core'
import type { Checker } from './checker.js'

export const wipedIsNotCounted: Checker = {
  property: 'wiped-is-not-counted',
  hooks(history, fail) {
    /** Votes that left before the disk was lost, by term, voter and candidate. */
    const votes = new Set<string>()
    /** What was acknowledged before that, by term and server. */
    const acknowledged = new Map<string, LogIndex>()
    return {
      sent(node, to, message) {
        if (node.wiped) return
        if (message.type === 'RequestVoteReply' && message.voteGranted)
          votes.add(`${message.term} ${node.id} ${to}`)
        const isAcknowledged =
          message.type === 'InstallSnapshotReply' ||
          (message.type === 'AppendEntriesReply' && message.success)
        if (!isAcknowledged) return
        const place = `${message.term} ${node.id}`
        acknowledged.set(place, Math.max(message.matchIndex, acknowledged.get(place) ?? 0))
      },
      event(node, event) {
        if (event.type === 'VoteReceived' && event.voteGranted && history.view(event.voter).wiped) {
          const { voter, term } = event
          if (node.role === 'candidate' && voter !== node.id && !votes.has(`${term} ${voter} ${node.id}`))
            fail(`${node.id} counts the vote of ${voter}, whose disk is a new one`)
        }
        if (event.type !== 'FollowerMatched' || !history.view(event.follower).wiped) return
        const { follower, matchIndex } = event
        if (matchIndex > (acknowledged.get(`${node.term} ${follower}`) ?? 0))
          fail(`${node.id} counts ${follower} up to ${matchIndex}, whose disk is a new one`)
      },
    }
  },
}
