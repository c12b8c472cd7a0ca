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
      'vote-right-after-a-restart',
      'A restarted voter has forgotten whom it promised to keep quiet for, and votes: two leaders, one with a lease.',
      'core/src/consensus/evolve.ts',
      'state.votesFrom = event.at + state.options.electionTimeoutMsMax',
      'state.votesFrom = event.at',
    ),
    lacks:
      'A leader that writes nothing while one who cannot hear it asks a voter that has just come back: else the log of who asks is behind, and it gets no vote anyway. The nemesis goes that way (forget-leader), and clients go on writing.',
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
  {
    ...mutant(
      'applies-go-on-during-an-install',
      'What is committed is applied while the state machine is restored: once before the snapshot, and never behind it.',
      'core/src/node/snapshots/snapshots.ts',
      'const resume = this.#pauseApplies()\n    try {',
      'const resume = (): void => {}\n    try {',
    ),
    lacks:
      'A snapshot that is being restored while the log comes past its end: a new leader sends entries to a follower whose snapshot of the old one is whole already.',
  },
  {
    ...mutant(
      'resumed-from-another-sender',
      'A transfer goes on with the bytes of another leader, and the first one is told: the second hears nothing (etcd#18055).',
      'core/src/node/snapshots/incoming-snapshot.ts',
      'from === this.from &&\n      ',
      '',
    ),
    lacks:
      'Two leaders, one after the other, with the very same snapshot, and a follower that has half of it: what one has received from the other, mostly.',
  },
  {
    ...mutant(
      'restores-what-is-behind',
      'A snapshot that came slower than the log is restored all the same: the state machine goes back.',
      'core/src/node/snapshots/snapshots.ts',
      'if (metadata.index <= this.#applier.lastApplied) return this.#saved(info, 0)',
      '',
    ),
    lacks:
      'A snapshot that is whole and waits for the disk while the log comes past its end; consensus refuses it once more, so that only the state machine goes back.',
  },
  {
    ...mutant(
      'earlier-generation-let-in',
      'Members that a recovery has left behind are listened to: together with the survivor they are another quorum.',
      'core/src/node/admission.ts',
      "if (hello.generation < this.#generation) return 'earlier-generation'",
      '',
    ),
    lacks:
      'A member of the new generation with the id of one that was left behind, which comes back: any other is a stranger there already.',
  },
  {
    ...mutant(
      'install-keeps-any-log',
      'A log that is long enough is kept, whoever wrote it: it goes on with what the snapshot contradicts (Figure 13, 6).',
      'core/src/consensus/install-snapshot.ts',
      'state.log.termAt(lastIncludedIndex) === lastIncludedTerm\n',
      'state.log.lastIndex >= lastIncludedIndex\n',
    ),
    lacks:
      'A snapshot that ends within entries which only its receiver has. The nemesis goes that way (see-saw), rarely to its end; the check is there (log-matching).',
  },
  {
    ...mutant(
      'added-again-as-it-was',
      'Who was leaving and is added again counts for what it acknowledged before: a new disk has none of it.',
      'core/src/consensus/evolve-membership.ts',
      'if (follower === undefined || follower.leaving !== undefined)\n      followers.set(peer, { ...freshFollower(state), nextIndex: index })',
      'if (follower !== undefined) follower.leaving = undefined\n    else followers.set(peer, { ...freshFollower(state), nextIndex: index })',
    ),
    lacks:
      'A server that leaves, is added again with an empty disk before it was told, and whose old acknowledgements reach further than its log.',
  },
  {
    ...mutant(
      'recovery-keeps-the-term',
      'A recovered member goes on in the term that it knows: those that were lost had leaders in the next ones.',
      'core/src/node/lost-quorum/recover-cluster.ts',
      'Math.max(currentTerm, lastTerm) + TERMS_SKIPPED',
      'Math.max(currentTerm, lastTerm)',
    ),
    lacks: 'A survivor with the longest log and an earlier term than that of a leader which is lost.',
  },
]
