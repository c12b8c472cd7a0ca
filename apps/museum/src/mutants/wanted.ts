// Bugs that nobody has caught yet. They do not count; `pnpm museum --wanted` tries them.
import { type Mutant, mutant } from '../mutant.js'

export interface WantedMutant extends Mutant {
  /** Which fault or check the simulator lacks. */
  readonly lacks: string
}

export const WANTED: readonly WantedMutant[] = [
  {
    ...mutant(
      'fetched-outlives-truncation',
      'Blocks read from disk before a truncation are still sent after it.',
      'core/src/node/replicator.ts',
      'for (const source of this.#sources.values()) source.clear()',
      '',
    ),
    lacks:
      'A leader that serves a laggard from disk, up to entries that will not last, is deposed, loses these, leads again in the same process, and is asked by the same laggard for what its cache no longer holds. The nemesis goes that way (see-saw), rarely to its end; the check is there (sends-its-log).',
  },
  {
    ...mutant(
      'window-never-reopened',
      'An acknowledgement opens the window, and nobody looks whether something waits for that.',
      'core/src/consensus/log-replication-replies.ts',
      "advanceCommitIndex(turn)\n  }\n  turn.do({ type: 'Replicate', to: from })",
      'advanceCommitIndex(turn)\n  }',
    ),
    lacks:
      'More to send than a window holds while nobody proposes: any proposal, commit or heartbeat round looks again.',
  },
  {
    ...mutant(
      'pre-vote-for-a-shorter-log',
      'A pre-vote is granted whatever the log lacks: elections that cannot be won, one after the other.',
      'core/src/consensus/pre-vote.ts',
      "return isUpToDate(state, request) ? undefined : 'log-behind'",
      'return undefined',
    ),
    lacks:
      'A count of elections that are lost: real votes look at the log all the same, so only time is wasted.',
  },
  {
    ...mutant(
      'pre-vote-raises-the-term',
      'A mere question whether an election could be won ends the term of whoever hears it, and its leader.',
      'core/src/consensus/step.ts',
      "if (message.type === 'PreVote') return false",
      '',
    ),
    lacks:
      'A check that nothing but a campaign ends a term: a question carries the term that its asker has, so it does harm only in a term that was begun for nothing.',
  },
  {
    ...mutant(
      'pre-vote-tells-no-term',
      'A refusal hides that the asker is of an old term: it asks in that term for ever (etcd#8243).',
      'core/src/consensus/pre-vote.ts',
      "type: 'PreVoteReply',\n    term,",
      "type: 'PreVoteReply',\n    term: Math.min(term, request.term),",
    ),
    lacks:
      'A member that is behind by a term and has the longest log while the others cannot be elected: caught in a few ranges.',
  },
  {
    ...mutant(
      'useless-leader-goes-on',
      'A leader that no quorum answers goes on leading, and its callers wait for it (thesis §6.2).',
      'core/src/consensus/check-quorum.ts',
      'if (now - quorumContactAt(state, now) <= state.options.electionTimeoutMsMax) return false',
      'if (now > 0) return false',
    ),
    lacks:
      'A check that whoever leads has heard from a quorum within an election timeout: callers time out either way, and in the end the network heals.',
  },
  {
    ...mutant(
      'hung-disk-goes-on-leading',
      'A leader whose disk hangs sends heartbeats, commits nothing, and keeps everybody from leading (hashicorp/raft#503).',
      'core/src/consensus/check-quorum.ts',
      'return oldest !== undefined && now - oldest.at > options.storageStallMs',
      'return oldest !== undefined && now - oldest.at > 1e9 * options.storageStallMs',
    ),
    lacks: 'The same check for its disk: hung disks recover, or crash, before the end.',
  },
  {
    ...mutant(
      'lease-from-the-answer',
      'A lease counts from when the answers arrived, not from when they were asked for: it outlives what voters promised.',
      'core/src/consensus/lease.ts',
      'return role.roundsSent.find((sent) => sent.round === round)?.at ?? Number.NEGATIVE_INFINITY',
      'return round && quorumIndex(state.configuration, (voter) => voter === state.id ? Number.POSITIVE_INFINITY : (role.followers.get(voter)?.contactAt ?? Number.NEGATIVE_INFINITY))',
    ),
    lacks:
      'Lease reads at a leader that is cut off between an answer and the end of its lease, while another is elected and writes: a window of one round trip.',
  },
  {
    ...mutant(
      'lease-outlives-the-transfer',
      'A leader that told its successor to campaign goes on answering by its lease (thesis §3.10, §6.4.1).',
      'core/src/consensus/lease.ts',
      'if (role.leaseEnded || role.transfer !== undefined || state.commitIndex < role.firstIndex) return false',
      'if (state.commitIndex < role.firstIndex) return false',
    ),
    lacks:
      'A transfer that is given up, a TimeoutNow that arrives afterwards, and a lease read at the old leader before it hears of the new one.',
  },
  {
    ...mutant(
      'vote-right-after-a-restart',
      'A restarted voter has forgotten whom it promised to keep quiet for, and votes: two leaders, one with a lease.',
      'core/src/consensus/evolve.ts',
      'state.votesFrom = event.at + state.options.electionTimeoutMsMax',
      'state.votesFrom = event.at',
    ),
    lacks:
      'A voter that restarts within the minimal election timeout of hearing a leader, beside a candidate who waits for its vote. The checker of votes forgets contacts at a restart, as the voter does.',
  },
  {
    ...mutant(
      'transfer-never-given-up',
      'A leader whose successor does not take over waits for it: it refuses everything for ever (hashicorp/raft#696).',
      'core/src/consensus/leadership-transfer.ts',
      'if (turn.now < deadline) return sendTimeoutNow(turn)',
      'if (deadline > 0) return sendTimeoutNow(turn)',
    ),
    lacks:
      'A check that a transfer ends: here CheckQuorum, a crash or the successor that is told again ends it sooner or later.',
  },
  {
    ...mutant(
      'time-to-campaign-before-the-log',
      'A successor is told to campaign before it has the whole log: nobody votes for it.',
      'core/src/consensus/leadership-transfer.ts',
      'if (role.followers.get(to)!.matchIndex < state.log.lastIndex) return',
      '',
    ),
    lacks: 'A count of transfers that fail: an election follows, and the cluster goes on.',
  },
  {
    ...mutant(
      'vote-in-a-term-learned-elsewhere',
      'A voter refuses a later term beside its leader, learns it from another message, and votes in it (ours, 26fb96d).',
      'core/src/consensus/leader-election.ts',
      'if (everybody !== undefined) return everybody',
      'if (everybody !== undefined && request.term > state.currentTerm) return everybody',
    ),
    lacks:
      'Two servers in a later term while a voter still hears its leader, and an answer of one before the request of the other.',
  },
  {
    ...mutant(
      'timeouts-not-random',
      'All wait equally long, so all become candidates at once, again and again (§5.2).',
      'core/src/consensus/election-timer.ts',
      'max : min + value * (max - min)',
      'max : (min + max) / 2 + 0 * value',
    ),
    lacks:
      'Servers whose clocks and links are exactly alike: since pre-votes, whoever asks a moment earlier campaigns first.',
  },
  {
    ...mutant(
      'lease-longer-than-the-silence',
      'A lease lasts longer than voters keep quiet: another leader commits beside it (thesis §6.4.1).',
      'core/src/node/options.ts',
      'return (electionTimeoutMsMin * (1 - drift)) / (1 + drift)',
      'return electionTimeoutMsMin * 3 + 0 * drift',
    ),
    lacks:
      'A check that no lease read is answered once a later leader is elected: a stale answer is rarer, and was met in one range of three.',
  },
  {
    ...mutant(
      'spare-begins-with-its-old-header',
      'A segment that compaction gave back is used again as it was: its old header passes for a damaged new one.',
      'storage-file/src/spare-segments.ts',
      'await write(this.#fileSystem, file, ERASED, 0)',
      '',
    ),
    lacks: 'Compaction: servers that take snapshots. The disk tests of the simulator compact, and catch it.',
  },
  {
    ...mutant(
      'spare-erased-before-its-name-is-durable',
      'A segment is erased while the disk still knows it by its old name: after a power failure the log has a hole.',
      'storage-file/src/open-log.ts',
      'await this.#fileSystem.syncDirectory(this.#directory)',
      'await Promise.resolve()',
    ),
    lacks: 'Compaction: servers that take snapshots. The disk tests of the simulator compact, and catch it.',
  },
]
