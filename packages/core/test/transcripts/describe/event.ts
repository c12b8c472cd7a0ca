// An event in a few words. Timers, and what a write or a message of the same step says already, are left out.
import type { ConsensusEvent } from '../../../src/consensus/index.js'
import { describeConfiguration } from './configuration.js'
import { describeFields, describeSpan } from './message.js'

/** Undefined: not shown. */
export function describeEvent(event: ConsensusEvent): string | undefined {
  switch (event.type) {
    case 'Recovered':
    case 'ElectionTimeoutDrawn':
    case 'ElectionTimerReset':
    case 'HeartbeatSent':
    case 'WakeScheduled':
    case 'LeaderContacted':
    case 'RoundTripMeasured':
    case 'WindowGrown':
    case 'WindowShrunk':
    case 'WriteStarted':
    case 'WritesPersisted':
    case 'AppendSent':
    case 'AppliedAdvanced':
      return undefined
    case 'TermAdvanced':
      return `TermAdvanced to ${event.term}`
    case 'VoteGranted':
      return `VoteGranted to ${event.candidate}`
    case 'VoteReceived':
      return `VoteReceived from ${event.voter}${event.voteGranted ? '' : ', refused'}`
    case 'VoteRefused':
      return `VoteRefused to ${event.candidate}: ${event.reason}`
    case 'BecameFollower':
      return ['quorum-lost', 'storage-stalled', 'removed'].includes(event.reason)
        ? `BecameFollower: ${event.reason}`
        : event.type
    case 'BecamePreCandidate':
    case 'BecameCandidate':
    case 'BecameLeader':
      return event.type
    case 'LeaderRecognized':
      return `LeaderRecognized ${event.leader}`
    case 'TransferStarted':
    case 'TransferAborted':
    case 'TimeoutNowSent':
      return `${event.type} to ${event.to}`
    case 'EntriesAppended':
      return `EntriesAppended ${describeSpan(event.firstIndex, event.lastIndex, event.term)}`
    case 'LogTruncated':
      return `LogTruncated from ${event.fromIndex}`
    case 'MembershipChanged':
      return `MembershipChanged to ${describeConfiguration(event.configuration)} of ${event.index}`
    case 'RemovalCommitted':
      return `RemovalCommitted by ${event.commitIndex}, told from round ${event.round} on`
    case 'FollowerLeft':
      return `FollowerLeft ${event.follower}`
    case 'CommitAdvanced':
      return `CommitAdvanced to ${event.commitIndex}`
    case 'SnapshotTaken':
      return `SnapshotTaken up to ${event.lastIncludedIndex}@${event.lastIncludedTerm}`
    case 'SnapshotInstalled':
      return `SnapshotInstalled up to ${event.lastIncludedIndex}@${event.lastIncludedTerm}, log ${event.logKept ? 'kept' : 'discarded'}`
    case 'LogCompacted':
      return `LogCompacted through ${event.through}`
    case 'SnapshotSendStarted':
      return `SnapshotSendStarted to ${event.to}, up to ${event.lastIncludedIndex}`
    case 'SnapshotProgressed':
      return `SnapshotProgressed at ${event.follower} to byte ${event.nextOffset}, room up to ${event.creditOffset}`
    case 'SnapshotStalled':
      return `SnapshotStalled at ${event.follower}`
    case 'FollowerMatched':
      return `FollowerMatched ${event.follower} at ${event.matchIndex}`
    case 'FollowerContacted':
      return event.round === 0 ? undefined : `FollowerContacted ${event.follower} in round ${event.round}`
    case 'FollowerProbed':
      return `FollowerProbed ${event.follower} from ${event.nextIndex}`
    case 'ReadRoundStarted':
      return `ReadRoundStarted ${event.round}`
    case 'ReadQueued':
      return `ReadQueued ${event.readId} of ${event.from}`
    case 'ReadsAnswered':
      return `ReadsAnswered (${event.count})`
    case 'LeaseReadAnswered':
      return `LeaseReadAnswered ${event.readId} of ${event.from} at ${event.readIndex}`
    default:
      return [(event as ConsensusEvent).type, ...describeFields(event)].join(' ')
  }
}
