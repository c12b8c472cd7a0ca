// Raft Figure 2: matchIndex, "index of highest log entry known to be replicated on server". Judged by that server's disk.
import type { Checker } from './checker.js'
import { isThisMember } from './node-view.js'

export const matchIndexIsTrue: Checker = {
  property: 'match-index',
  hooks: (history, fail) => ({
    event(node, event) {
      if (event.type !== 'FollowerMatched') return
      const follower = history.view(event.follower)
      // What it acknowledged before its disk was replaced may arrive after that; so may what another server did that had
      // its id before it.
      if (follower.wiped || !isThisMember(follower, node.configuration)) return
      const { matchIndex } = event
      const term = node.termAt(matchIndex)
      const stored = follower.durableTermAt(matchIndex)
      // In a later term it may have been replaced since it was acknowledged.
      if (stored === term || follower.durableHardState.currentTerm > node.term) return
      // A learner's storage may not be named yet: that of who had the id before it may be meant.
      const { members } = node.configuration
      const isNamed = members?.find(({ id }) => id === event.follower)?.incarnation !== undefined
      for (let one = isNamed ? undefined : follower.former; one !== undefined; one = one.former)
        if (one.durableTermAt(matchIndex) === term) return
      fail(
        `${node.id}, leader of term ${node.term}, counts ${follower.id} up to ${matchIndex} of term ${term}, whose disk holds term ${stored} there`,
      )
    },
  }),
}
