// The whole of Raft behind one function: an input in, what happened and what is to be done out.
import { receiveAppendEntries } from './append-entries.js'
import { stepDownIfStalled, stepDownIfUseless, storageIsStalled } from './check-quorum.js'
import { advanceCommitIndex } from './commitment.js'
import type { Effect } from './effects.js'
import { drawElectionTimeout, nextDeadline, resetElectionTimer, scheduleWake } from './election-timer.js'
import type { ConsensusEvent } from './events.js'
import { type Input, type Receive, TERM_JUMP_MAX } from './inputs.js'
import { receiveInstallSnapshot, snapshotRestored } from './install-snapshot.js'
import { receiveInstallSnapshotReply } from './install-snapshot-replies.js'
import { before, checkInvariants } from './invariants.js'
import {
  campaign,
  countOwnVote,
  hardStateIsDurable,
  receiveRequestVote,
  receiveRequestVoteReply,
} from './leader-election.js'
import { continueTransfer, receiveTimeoutNow, transferLeadership } from './leadership-transfer.js'
import { forgetRemoved } from './leaving.js'
import { compactLog, snapshotSaved } from './log-compaction.js'
import { broadcastHeartbeat, offerEntries, propose } from './log-replication.js'
import { peerConnected, receiveAppendEntriesReply } from './log-replication-replies.js'
import { changeMembership, continueMembershipChange } from './membership-changes.js'
import type { Message } from './messages.js'
import { persistBeforeSpeaking } from './persist-before-speaking.js'
import { receivePreVote, receivePreVoteReply, startPreVote } from './pre-vote.js'
import { receiveReadIndexReply, receiveReadIndexRequest, requestRead } from './read-index.js'
import type { State } from './state.js'
import { refusesEverybody } from './stickiness.js'
import { adoptTerm } from './terms.js'
import { Turn } from './turn.js'
import type { Millis } from './types.js'

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
      const { hardState, runs, snapshot } = input
      turn.record({ type: 'Recovered', at: turn.now, hardState, runs, snapshot })
      drawElectionTimeout(turn)
      return resetElectionTimer(turn)
    }
    case 'Tick':
      return tick(turn, input.isAnother === true)
    case 'Propose':
      return propose(turn, input.count)
    case 'RequestRead':
      return requestRead(turn, input.readId, input.lease)
    case 'TransferLeadership':
      return transferLeadership(turn, input.to)
    case 'ChangeMembership':
      return changeMembership(turn, input)
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
    case 'SnapshotSaved':
      return snapshotSaved(turn, input.snapshot)
    case 'SnapshotRestored':
      return snapshotRestored(turn, input.from, input.snapshot)
    case 'CompactLog':
      return compactLog(turn, input.through)
    default:
      return input satisfies never
  }
}

function tick(turn: Turn, isAnother: boolean): void {
  const { state } = turn
  const lateMs = turn.now - nextDeadline(state)
  // Rounds of reads are heartbeats too: while they go on a quorum answers. The disk is to be looked after, and who leaves.
  if (lateMs < 0) return stepDownIfStalled(turn) ? undefined : forgetRemoved(turn)
  const isGraced = isLate(turn, lateMs)
  if (isGraced) turn.record({ type: 'TickWasLate', at: turn.now, lateMs })
  if (state.role.role === 'leader') return leaderTick(turn)
  if (isGraced) return
  if (isAnother) return resetElectionTimer(turn)
  // A disk slower than the election timeout would drive it from term to term without ever holding an election: while
  // its own vote of this term is not durable it has asked nobody.
  const waitsForDisk = state.role.role === 'candidate' && !hardStateIsDurable(state)
  if (waitsForDisk || storageIsStalled(state, turn.now)) return resetElectionTimer(turn)
  if (state.options.steadyLeader) startPreVote(turn)
  else campaign(turn)
}

/**
 * True for a wake-up that came so late that this process has slept: the others' silence is its own. Not twice in a row:
 * a process that is always late has nothing better to go by.
 */
function isLate({ state, now }: Turn, lateMs: Millis): boolean {
  const { steadyLeader, electionTimeoutMsMin, electionTimeoutMsMax } = state.options
  return steadyLeader && lateMs > electionTimeoutMsMin && now - state.lateAt > 10 * electionTimeoutMsMax
}

function leaderTick(turn: Turn): void {
  if (stepDownIfUseless(turn)) return
  broadcastHeartbeat(turn)
  continueTransfer(turn)
  // If it was given up: what was held back meanwhile.
  continueMembershipChange(turn)
  forgetRemoved(turn)
}

function receive(turn: Turn, { from, message }: Receive): void {
  const { state } = turn
  if (from === state.id || message.term > state.currentTerm + TERM_JUMP_MAX) return
  if (message.term > state.currentTerm && raisesTerm(turn, message)) adoptTerm(turn, message.term)
  switch (message.type) {
    case 'RequestVote':
      return receiveRequestVote(turn, from, message)
    case 'RequestVoteReply':
      return receiveRequestVoteReply(turn, from, message)
    case 'PreVote':
      return receivePreVote(turn, from, message)
    case 'PreVoteReply':
      return receivePreVoteReply(turn, from, message)
    case 'TimeoutNow':
      return receiveTimeoutNow(turn, message)
    case 'AppendEntries':
      return receiveAppendEntries(turn, from, message)
    case 'AppendEntriesReply':
      return receiveAppendEntriesReply(turn, from, message)
    case 'InstallSnapshot':
      return receiveInstallSnapshot(turn, from, message)
    case 'InstallSnapshotReply':
      return receiveInstallSnapshotReply(turn, from, message)
    case 'ReadIndexRequest':
      return receiveReadIndexRequest(turn, from, message)
    case 'ReadIndexReply':
      return receiveReadIndexReply(turn, message)
    default:
      return message satisfies never
  }
}

/** §5.1, but for those who disturb a leader that is at work (thesis §4.2.3), or only ask whether they would. */
function raisesTerm({ state, now }: Turn, message: Message): boolean {
  if (message.type === 'PreVote') return false
  if (message.type === 'RequestVote') return message.transfer || refusesEverybody(state, now) === undefined
  return true
}
