// Raft Figure 2: "Updated on stable storage before responding to RPCs". Judged by the disk, not by the server's memory.
import type { Checker } from './checker.js'

export const durableBeforeSent: Checker = {
  property: 'durable-before-sent',
  hooks: (history, fail) => ({
    sent(node, to, message) {
      const { id, durableHardState: disk } = node
      const { term } = message
      switch (message.type) {
        case 'RequestVote':
          if (disk.currentTerm < term || (disk.currentTerm === term && disk.votedFor !== id))
            fail(`${id} asks for votes of term ${term}, its disk holds ${JSON.stringify(disk)}`)
          return
        case 'RequestVoteReply':
          if (!message.voteGranted) return
          if (disk.currentTerm < term || (disk.currentTerm === term && disk.votedFor !== to))
            fail(`${id} votes for ${to} in term ${term}, its disk holds ${JSON.stringify(disk)}`)
          return
        case 'AppendEntriesReply': {
          if (!message.success) return
          const { matchIndex } = message
          if (disk.currentTerm < term)
            fail(`${id} acknowledges term ${term}, its disk holds term ${disk.currentTerm}`)
          const leaders = history.leaderLogs.get(term)?.[matchIndex - 1]
          // In a later term it may have been replaced since the answer was written: that is another's business.
          if (node.term === term && matchIndex > 0 && node.durableTermAt(matchIndex) !== leaders)
            fail(
              `${id} acknowledges ${matchIndex} of term ${leaders}, its disk holds ${node.durableLog.length} entries, term ${node.durableTermAt(matchIndex)} there`,
            )
          return
        }
        case 'InstallSnapshotReply': {
          const { matchIndex } = message
          if (matchIndex === 0) return
          if (disk.currentTerm < term)
            fail(`${id} installs a snapshot in term ${term}, its disk holds term ${disk.currentTerm}`)
          if (node.durableTermAt(matchIndex) !== history.committed[matchIndex - 1]?.term)
            fail(`${id} says it has a snapshot of ${matchIndex}, its disk has neither that nor the entries`)
          return
        }
        default:
          return
      }
    },
  }),
}
