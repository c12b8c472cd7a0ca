// Figure 2: "Updated on stable storage before responding to RPCs", checked against the disk and not against consensus.
import { type Invariant, must } from './invariant.js'

export const durableBeforeSent: Invariant = {
  title: 'the disk holds the term, the vote and the entries that a message speaks of, when it leaves',
  left(history, { from, to, message }) {
    const { hardState, log: entries, snapshot } = history.servers.get(from)!.disk
    const { term } = message
    switch (message.type) {
      case 'RequestVote':
        must(hardState.currentTerm === term && hardState.votedFor === from, `${from} campaigns from memory`)
        return
      case 'RequestVoteReply':
        if (!message.voteGranted) return
        must(hardState.currentTerm >= term, `${from} votes in term ${term}, its disk is behind`)
        must(hardState.currentTerm > term || hardState.votedFor === to, `${from} forgets its vote for ${to}`)
        return
      case 'AppendEntriesReply': {
        if (!message.success) return
        must(hardState.currentTerm >= term, `${from} acknowledges term ${term}, its disk is behind`)
        const known = history.leaderLogs.get(term)?.[message.matchIndex - 1]
        const mine = entries[message.matchIndex - 1]
        // Without a leader's log (a message written by a test) the length must do.
        must(entries.length >= message.matchIndex, `${from} acknowledges ${message.matchIndex} from memory`)
        must(
          known === undefined || known === mine,
          `${from} acknowledges another entry ${message.matchIndex}`,
        )
        return
      }
      case 'InstallSnapshotReply': {
        const { matchIndex } = message
        if (matchIndex === 0) return
        must(hardState.currentTerm >= term, `${from} installs in term ${term}, its disk is behind`)
        must(entries.length >= matchIndex, `${from} says it has installed ${matchIndex}, from memory`)
        const known = history.committed[matchIndex - 1]?.entry
        must(known === undefined || known === entries[matchIndex - 1], `${from} installed something else`)
        must(
          snapshot === undefined || snapshot.entries.every((entry, i) => entry === entries[i]),
          `${from} has a snapshot beside its log`,
        )
        return
      }
      default:
        return
    }
  },
}
