// The whole of Raft behind one function: an input in, what happened and what is to be done out.
import { receiveAppendEntries } from './append-entries.js'
import { advanceCommitIndex } from './commitment.js'
import type { Effect } from './effects.js'
import { drawElectionTimeout, nextDeadline, resetElectionTimer, scheduleWake } from './election-timer.js'
import type { ConsensusEvent } from './events.js'
import { type Input, type Receive, TERM_JUMP_MAX } from './inputs.js'
import { before, checkInvariants } from './invariants.js'
import { campaign, countOwnVote, receiveRequestVote, receiveRequestVoteReply } from './leader-election.js'
import { broadcastHeartbeat, offerEntries, propose } from './log-replication.js'
import { peerConnected, receiveAppendEntriesReply } from './log-replication-replies.js'
import { persistBeforeSpeaking } from './persist-before-speaking.js'
import { receiveReadIndexReply, receiveReadIndexRequest, requestRead } from './read-index.js'
import type { State } from './state.js'
import { adoptTerm } from './terms.js'
import { Turn } from './turn.js'

export interface StepResult {
  readonly events: readonly ConsensusEvent[]
  readonly effects: readonly Effect[]
}

/**
 * Decides one input. Synchronous and deterministic: the same state and inputs give the same events and effects.
 * @throws InvariantViolation when the protocol's own rules are broken: stop, and report it
 */
export function step(state: State, input: Input): StepResult {
  const turn = new Turn(state, input.now)
  const was = before(state)
  decide(turn, input)
  scheduleWake(turn, input.type === 'Tick')
  const effects = persistBeforeSpeaking(turn)
  checkInvariants(was, state)
  return { events: turn.events, effects }
}

function decide(turn: Turn, input: Input): void {
  switch (input.type) {
    case 'Recover': {
      const { hardState, runs, configuration } = input
      turn.record({ type: 'Recovered', hardState, runs, configuration })
      drawElectionTimeout(turn)
      return resetElectionTimer(turn)
    }
    case 'Tick':
      return tick(turn)
    case 'Propose':
      return propose(turn, input.count)
    case 'RequestRead':
      return requestRead(turn, input.readId)
    case 'Receive':
      return receive(turn, input)
    case 'Persisted':
      turn.record({ type: 'WritesPersisted', write: input.write })
      countOwnVote(turn)
      return advanceCommitIndex(turn)
    case 'Applied':
      return turn.record({ type: 'AppliedAdvanced', lastApplied: input.index })
    case 'OfferEntries':
      return offerEntries(turn, input.to, input.entries, input.bytes)
    case 'PeerConnected':
      return peerConnected(turn, input.peer)
    default:
      return input satisfies never
  }
}

function tick(turn: Turn): void {
  if (turn.now < nextDeadline(turn.state)) return
  if (turn.state.role.role === 'leader') broadcastHeartbeat(turn)
  else campaign(turn)
}

function receive(turn: Turn, { from, message }: Receive): void {
  const { state } = turn
  if (from === state.id || message.term > state.currentTerm + TERM_JUMP_MAX) return
  if (message.term > state.currentTerm) adoptTerm(turn, message.term)
  switch (message.type) {
    case 'RequestVote':
      return receiveRequestVote(turn, from, message)
    case 'RequestVoteReply':
      return receiveRequestVoteReply(turn, from, message)
    case 'AppendEntries':
      return receiveAppendEntries(turn, from, message)
    case 'AppendEntriesReply':
      return receiveAppendEntriesReply(turn, from, message)
    case 'ReadIndexRequest':
      return receiveReadIndexRequest(turn, from, message)
    case 'ReadIndexReply':
      return receiveReadIndexReply(turn, message)
    default:
      return message satisfies never
  }
}
