// Raft Figure 2: "Updated on stable storage before responding to RPCs". Derived here, once, for every rule: no rule
// has to remember it.
import type { Effect, Persist, Send } from './effects.js'
import type { ConsensusEvent } from './events.js'
import type { AppendEntriesReply, InstallSnapshotReply } from './messages.js'
import type { State } from './state.js'
import type { Turn } from './turn.js'
import type { LogIndex } from './types.js'

/** Ends a turn: one write for all it changed, and for each promise the write that makes it true. */
export function persistBeforeSpeaking(turn: Turn): Effect[] {
  const write = writeOf(turn.events)
  if (write === undefined) return gateSends(turn)
  const { state } = turn
  const { hardStateChanged, truncateFrom, appendedFrom } = write
  const lastIndex = state.log.lastIndex
  const number = state.writes.started + 1
  turn.record({ type: 'WriteStarted', write: number, lastIndex, hardState: hardStateChanged, at: turn.now })
  const persist: Persist = {
    type: 'Persist',
    write: number,
    hardState: hardStateChanged ? { currentTerm: state.currentTerm, votedFor: state.votedFor } : undefined,
    truncateFrom,
    appended: appendedFrom === undefined ? undefined : { firstIndex: appendedFrom, lastIndex },
  }
  turn.do(persist)
  return gateSends(turn)
}

function writeOf(
  events: readonly ConsensusEvent[],
):
  | { hardStateChanged: boolean; truncateFrom: LogIndex | undefined; appendedFrom: LogIndex | undefined }
  | undefined {
  let hardStateChanged = false
  let truncateFrom: LogIndex | undefined
  let appendedFrom: LogIndex | undefined
  for (const event of events) {
    if (event.type === 'TermAdvanced' || event.type === 'VoteGranted') hardStateChanged = true
    else if (event.type === 'LogTruncated')
      truncateFrom = Math.min(truncateFrom ?? event.fromIndex, event.fromIndex)
    else if (event.type === 'EntriesAppended') appendedFrom ??= event.firstIndex
  }
  if (!hardStateChanged && truncateFrom === undefined && appendedFrom === undefined) return undefined
  return { hardStateChanged, truncateFrom, appendedFrom }
}

function gateSends(turn: Turn): Effect[] {
  return turn.effects.map((effect) => {
    if (effect.type !== 'Send') return effect
    const send = withoutRound(turn.state, effect)
    const afterWrite = writeBehind(turn.state, send)
    return afterWrite <= turn.state.writes.persisted ? send : { ...send, afterWrite }
  })
}

/**
 * A refusal leaves at once, but confirms no round before the term is durable: a lease may rest on the round, and a server
 * that came back without the term would not keep quiet for it.
 */
function withoutRound({ writes }: State, send: Send): Send {
  const { message } = send
  if (message.type !== 'AppendEntriesReply' || message.success || writes.hardState <= writes.persisted)
    return send
  return { ...send, message: { ...message, round: 0 } }
}

/** The write that must be durable before this message may leave; 0: none. */
function writeBehind(state: State, { message }: Send): number {
  switch (message.type) {
    case 'RequestVote':
      // The candidate's own vote: after a crash it must know that it has begun this term.
      return state.writes.hardState
    case 'RequestVoteReply':
      return message.voteGranted ? state.writes.hardState : 0
    case 'AppendEntriesReply':
    case 'InstallSnapshotReply':
      // An installed snapshot is durable itself before anybody says so; the term must be too.
      if (!acknowledges(message)) return 0
      return Math.max(state.writes.hardState, writeCovering(state, message.matchIndex))
    case 'InstallSnapshot':
    case 'AppendEntries':
      // The leader's disk works in parallel with its followers' (thesis §10.2.1); its own vote was durable before
      // it was counted.
      return 0
    case 'PreVote':
    case 'PreVoteReply':
      // They promise nothing.
      return 0
    case 'TimeoutNow':
    case 'ReadIndexRequest':
    case 'ReadIndexReply':
      return 0
    default:
      return message satisfies never
  }
}

function acknowledges(message: AppendEntriesReply | InstallSnapshotReply): boolean {
  return message.type === 'AppendEntriesReply' ? message.success : message.matchIndex > 0
}

function writeCovering(state: State, index: LogIndex): number {
  if (index <= state.writes.durableIndex) return 0
  const write = state.writes.inFlight.find(({ lastIndex }) => lastIndex >= index)
  return write?.write ?? state.writes.started
}
