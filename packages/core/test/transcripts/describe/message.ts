// A message in one line, in the words of Figure 2. `4@2` is the entry of index 4 and term 2.
import type { LogIndex, Message, Run, Term } from '../../../src/consensus/index.js'

export function describeMessage(message: Message): string {
  return `(${[`term ${message.term}`, ...parts(message)].join(', ')})`
}

function parts(message: Message): string[] {
  switch (message.type) {
    case 'RequestVote':
      return [
        `last ${message.lastLogIndex}@${message.lastLogTerm}`,
        ...(message.transfer ? ['told by the leader'] : []),
      ]
    case 'PreVote':
      return [`last ${message.lastLogIndex}@${message.lastLogTerm}`]
    case 'PreVoteReply':
      return [`asked in term ${message.askedTerm}`, message.voteGranted ? 'would' : 'would not']
    case 'TimeoutNow':
      return []
    case 'RequestVoteReply':
      return [message.voteGranted ? 'granted' : 'refused']
    case 'AppendEntries': {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit, round } = message
      const sent = entries.length === 0 ? 'heartbeat' : `entries ${describeRuns(entries)}`
      return [`prev ${prevLogIndex}@${prevLogTerm}`, sent, `commit ${leaderCommit}`, ...describeRound(round)]
    }
    case 'AppendEntriesReply': {
      const { success, matchIndex, rejectedIndex, hintIndex, hintTerm, round } = message
      const answer = success
        ? [`match ${matchIndex}`]
        : [`refuses prev ${rejectedIndex}`, `hint ${hintIndex}@${hintTerm}`]
      return [...answer, ...describeRound(round)]
    }
    case 'InstallSnapshot': {
      const { lastIncludedIndex, lastIncludedTerm } = message
      return [`up to ${lastIncludedIndex}@${lastIncludedTerm}`]
    }
    case 'InstallSnapshotReply':
      return [message.matchIndex > 0 ? `match ${message.matchIndex}` : `refuses ${message.lastIncludedIndex}`]
    case 'ReadIndexRequest':
      return [`read ${message.readId}`, ...(message.lease ? ['lease'] : [])]
    case 'ReadIndexReply':
      return [`read ${message.readId}`, message.confirmed ? `index ${message.readIndex}` : 'refused']
    default:
      return describeFields(message, 'term')
  }
}

const describeRound = (round: number): string[] => (round === 0 ? [] : [`round ${round}`])

export function describeRuns(runs: readonly Run[]): string {
  return runs.map(({ firstIndex, lastIndex, term }) => describeSpan(firstIndex, lastIndex, term)).join(' ')
}

export function describeSpan(firstIndex: LogIndex, lastIndex: LogIndex, term: Term): string {
  return firstIndex === lastIndex ? `${firstIndex}@${term}` : `${firstIndex}..${lastIndex}@${term}`
}

/** What has no words of its own yet. */
export function describeFields(thing: object, ...without: string[]): string[] {
  return Object.entries(thing)
    .filter(([key, value]) => key !== 'type' && !without.includes(key) && value !== undefined)
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
}
