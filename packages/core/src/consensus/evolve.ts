// The only code that changes state. It folds what happened and never decides.

import type { BecameLeader, ConsensusEvent, HeartbeatSent, Recovered, SnapshotInstalled } from './events.js'
import { acknowledgeInFlight, clearInFlight, evolveFollower, evolveWindow } from './evolve-follower.js'
import { evolveInstall } from './evolve-install.js'
import {
  applyConfigurations,
  followersOf,
  installConfigurations,
  membershipChanged,
  recoverConfigurations,
  removalCommitted,
} from './evolve-membership.js'
import { logTruncated, writeStarted, writesPersisted } from './evolve-writes.js'
import { invariant } from './invariant-violation.js'
import { answeredRound } from './lease.js'
import type { LeaderState, State } from './state.js'
import type { Millis, SnapshotPoint } from './types.js'
import { freshWindow } from './window.js'

export function evolve(state: State, event: ConsensusEvent): void {
  switch (event.type) {
    case 'Recovered':
      return recovered(state, event)
    case 'TermAdvanced':
      invariant(event.term > state.currentTerm, 'currentTerm only rises')
      state.currentTerm = event.term
      state.votedFor = undefined
      state.role = { role: 'follower', leaderId: undefined }
      return
    case 'VoteGranted':
      invariant(state.votedFor === undefined || state.votedFor === event.candidate, 'one vote per term')
      state.votedFor = event.candidate
      return
    case 'VoteRefused':
    case 'LeaseReadAnswered':
      return
    case 'ElectionTimeoutDrawn':
      state.electionTimer.timeoutMs = event.timeoutMs
      state.random = event.random
      return
    case 'ElectionTimerReset':
      state.electionTimer.startedAt = event.at
      return
    case 'BecameFollower':
      state.role = { role: 'follower', leaderId: undefined }
      return
    case 'BecamePreCandidate':
      state.role = { role: 'pre-candidate', votes: new Map() }
      return
    case 'BecameCandidate':
      state.role = { role: 'candidate', votes: new Map() }
      return
    case 'VoteReceived':
      if (state.role.role === 'candidate' || state.role.role === 'pre-candidate')
        state.role.votes.set(event.voter, event.voteGranted)
      return
    case 'BecameLeader':
      return becameLeader(state, event)
    case 'LeaderRecognized':
      state.role = { role: 'follower', leaderId: event.leader }
      return
    case 'EntriesAppended':
      state.log.append(event.firstIndex, event.lastIndex, event.term)
      return
    case 'LogTruncated':
      return logTruncated(state, event)
    case 'MembershipChanged':
      return membershipChanged(state, event)
    case 'RemovalCommitted':
      return removalCommitted(leader(state), event)
    case 'FollowerLeft':
      leader(state).followers.delete(event.follower)
      return
    case 'WriteStarted':
      return writeStarted(state, event)
    case 'WritesPersisted':
      return writesPersisted(state, event.write)
    case 'CommitAdvanced':
      state.commitIndex = event.commitIndex
      return
    case 'AppliedAdvanced':
      state.lastApplied = event.lastApplied
      return applyConfigurations(state)
    case 'AppendSent':
      evolveFollower(state, event.to, (follower) => {
        follower.commitIndexSent = Math.max(follower.commitIndexSent, event.commitIndex)
        if (event.bytes === 0) return
        const { lastIndex, bytes, at: sentAt } = event
        follower.inFlight.push({ lastIndex, bytes, sentAt, deliveredBytes: follower.window.deliveredBytes })
        follower.inFlightBytes += event.bytes
        if (follower.state === 'replicate') follower.nextIndex = event.lastIndex + 1
      })
      return
    case 'FollowerMatched':
      evolveFollower(state, event.follower, (follower) =>
        acknowledgeInFlight(follower, event.matchIndex, state.log.baseIndex),
      )
      return
    case 'SnapshotTaken':
      state.snapshot = snapshotPoint(event)
      return
    case 'SnapshotInstalled':
      return snapshotInstalled(state, event)
    case 'LogCompacted':
      invariant(
        event.through <= state.snapshot.lastIncludedIndex,
        'only what a snapshot replaces is discarded',
      )
      return state.log.compact(event.through)
    case 'SnapshotSendStarted':
    case 'SnapshotProgressed':
    case 'SnapshotStalled':
      return evolveInstall(state, event)
    case 'RoundTripMeasured':
    case 'WindowGrown':
    case 'WindowShrunk':
      return evolveWindow(state, event)
    case 'FollowerContacted':
      evolveFollower(state, event.follower, (follower) => {
        follower.contactAt = event.at
        follower.ackedRound = Math.max(follower.ackedRound, event.round)
      })
      return
    case 'FollowerProbed':
      evolveFollower(state, event.follower, (follower) => {
        follower.state = 'probe'
        follower.nextIndex = event.nextIndex
        clearInFlight(follower)
        follower.window = freshWindow(state.options)
        follower.commitIndexSent = 0
      })
      return
    case 'HeartbeatSent':
      return heartbeatSent(state, event)
    case 'ReadRoundStarted': {
      const role = leader(state)
      role.readRound = event.round
      role.readRoundIndex = state.commitIndex
      role.readRoundCount = role.reads.length
      return
    }
    case 'ReadQueued':
      leader(state).reads.push({ readId: event.readId, from: event.from })
      return
    case 'ReadsAnswered': {
      const role = leader(state)
      role.reads = role.reads.slice(event.count)
      role.readRoundCount = 0
      return
    }
    case 'LeaderContacted':
      state.leaderContactAt = event.at
      state.electionTimer.startedAt = event.at
      return
    case 'TickWasLate':
      state.lateAt = event.at
      state.electionTimer.startedAt = event.at
      if (state.role.role === 'leader') state.role.judgesFrom = event.at
      return
    case 'TransferStarted':
      leader(state).transfer = { to: event.to, deadline: event.deadline, timeoutNowSent: false }
      return
    case 'TimeoutNowSent': {
      const role = leader(state)
      role.leaseEnded = true
      if (role.transfer !== undefined) role.transfer.timeoutNowSent = true
      return
    }
    case 'TransferAborted':
      leader(state).transfer = undefined
      return
    case 'WakeScheduled':
      state.wakeAt = event.at
      return
    default:
      event satisfies never
  }
}

function leader(state: State): LeaderState {
  invariant(state.role.role === 'leader', 'an event of a leader at a server that does not lead')
  return state.role
}

function recovered(state: State, event: Recovered): void {
  state.currentTerm = event.hardState.currentTerm
  state.votedFor = event.hardState.votedFor
  state.snapshot = event.snapshot
  recoverLog(state, event)
  recoverConfigurations(state, event)
  // What the snapshot holds is committed, and the state machine was restored from it.
  state.commitIndex = event.snapshot.lastIncludedIndex
  state.lastApplied = state.commitIndex
  state.writes.durableIndex = state.log.lastIndex
  // Thesis §6.4.1 counts on voters that remember their leader; one that restarts has forgotten it. An empty storage has
  // promised nothing.
  if (state.options.leaseMs > 0 && state.currentTerm > 0)
    state.votesFrom = event.at + state.options.electionTimeoutMsMax
  invariant(state.log.lastTerm <= state.currentTerm, 'the log holds no term above currentTerm')
}

/**
 * A storage that forgets in large pieces may begin anywhere before the snapshot's end. The term before its first entry is
 * not known then: that entry itself becomes the base.
 */
function recoverLog({ log }: State, { runs, snapshot }: Recovered): void {
  const { lastIncludedIndex, lastIncludedTerm } = snapshot
  const [first] = runs
  if (first === undefined || first.firstIndex === lastIncludedIndex + 1)
    log.restart(lastIncludedIndex, lastIncludedTerm)
  else if (first.firstIndex > 1) log.restart(first.firstIndex - 1, first.term)
  for (const run of runs) log.append(run.firstIndex, run.lastIndex, run.term)
  if (first !== undefined && first.firstIndex > 1 && first.firstIndex <= lastIncludedIndex)
    log.compact(first.firstIndex)
  invariant(
    log.termAt(lastIncludedIndex) === lastIncludedTerm,
    'the log continues the snapshot without a gap',
  )
}

/** §7, Figure 13, steps 6 to 8. */
function snapshotInstalled(state: State, event: SnapshotInstalled): void {
  const { lastIncludedIndex, lastIncludedTerm, logKept } = event
  invariant(lastIncludedIndex > state.lastApplied, 'a snapshot is installed only when it is ahead')
  if (!logKept) {
    // One that was elected while its state was restored has the snapshot's last entry: that is committed (§5.4).
    invariant(state.role.role !== 'leader', 'a leader discards none of its own log')
    invariant(lastIncludedIndex > state.commitIndex, 'what is committed is never discarded without its equal')
    state.log.restart(lastIncludedIndex, lastIncludedTerm)
  }
  state.snapshot = snapshotPoint(event)
  installConfigurations(state, event)
  state.commitIndex = Math.max(state.commitIndex, lastIncludedIndex)
  state.lastApplied = lastIncludedIndex
  // The snapshot is durable, and with it all that it replaces.
  state.writes.durableIndex = Math.max(state.writes.durableIndex, lastIncludedIndex)
}

function snapshotPoint({ lastIncludedIndex, lastIncludedTerm, configuration }: SnapshotPoint): SnapshotPoint {
  return { lastIncludedIndex, lastIncludedTerm, configuration }
}

function becameLeader(state: State, event: BecameLeader): void {
  state.role = {
    role: 'leader',
    followers: followersOf(state),
    firstIndex: event.firstIndex,
    judgesFrom: event.at,
    heartbeatAt: event.at,
    round: 0,
    roundsSent: [],
    growth: [{ at: event.at, lastIndex: event.firstIndex }],
    transfer: undefined,
    leaseEnded: false,
    readRound: 0,
    readRoundIndex: 0,
    readRoundCount: 0,
    reads: [],
  }
}

/** Rounds older than the newest one a quorum has answered say nothing about a lease any more. */
function heartbeatSent(state: State, { at, round }: HeartbeatSent): void {
  const role = leader(state)
  role.heartbeatAt = at
  role.round = round
  const answered = answeredRound(state)
  role.roundsSent = role.roundsSent.filter((sent) => sent.round >= answered)
  role.roundsSent.push({ round, at })
  growthSeen(state, role, at)
}

/** A sample each heartbeat, however many rounds of reads there are; the oldest is not younger than an election timeout. */
function growthSeen({ log, options }: State, { growth }: LeaderState, at: Millis): void {
  if (at - growth.at(-1)!.at < options.heartbeatMs) return
  growth.push({ at, lastIndex: log.lastIndex })
  while (growth.length > 1 && growth[1]!.at <= at - options.electionTimeoutMsMax) growth.shift()
}
