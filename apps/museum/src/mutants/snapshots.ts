// Raft §7: what a snapshot holds, what is discarded for it, and what is left of a log when one is installed.
import { type Mutant, mutant } from '../mutant.js'

const APPLIER = 'core/src/node/applier.ts'
const COMPACTION = 'core/src/consensus/log-compaction.ts'
const EVOLVE = 'core/src/consensus/evolve.ts'
const LOG = 'core/src/consensus/log.ts'
const SNAPSHOTTER = 'core/src/node/snapshots/snapshotter.ts'

export const SNAPSHOT_MUTANTS: readonly Mutant[] = [
  mutant(
    'snapshot-without-sessions',
    'A snapshot holds the state machine alone: a command that is sent again behind it runs again (thesis §6.3).',
    SNAPSHOTTER,
    'sessions: sessionRecords(sessions)',
    'sessions: sessionRecords(sessions.slice(0, 0))',
  ),
  mutant(
    'snapshot-without-answers',
    'The sessions of a snapshot have no outcomes: a retry is told that nobody knows, or runs again.',
    'core/src/node/snapshots/session-records.ts',
    'return [sequence, index, term, result]',
    'return [sequence, index, term, null]',
  ),
  mutant(
    'sessions-stay-at-an-install',
    'An installed snapshot brings the state and not the sessions: a retry runs on this replica alone.',
    APPLIER,
    'this.#sessions.restore(sessions)',
    'void sessions',
  ),
  mutant(
    'snapshot-of-a-moving-state',
    'The state machine goes on while its state is written in slices: a snapshot of no index at all.',
    SNAPSHOTTER,
    'const resume = machine.appliesWait ? this.#host.pauseApplies() : undefined',
    'const resume: (() => void) | undefined = undefined',
  ),
  mutant(
    'snapshot-of-the-commit-index',
    'A snapshot says that it goes as far as what is committed, and holds what is applied: what is between is lost.',
    APPLIER,
    'index: this.lastApplied,\n      term: this.#term,',
    'index: this.commitIndex,\n      term: this.#log.termAt(this.commitIndex) ?? this.#term,',
  ),
  mutant(
    'snapshot-forgets-its-time',
    'The time of the last entry is not in the snapshot: a leader that goes on from it dates its entries back.',
    APPLIER,
    'timestamp: this.#timestamp,\n    }\n    return { metadata',
    'timestamp: 0,\n    }\n    return { metadata',
  ),
  mutant(
    'compacts-beyond-the-snapshot',
    'What is applied is discarded, whether a snapshot holds it or not.',
    COMPACTION,
    'Math.min(wanted, state.snapshot.lastIncludedIndex, neededBehind(turn))',
    'Math.min(wanted === 0 ? 0 : state.lastApplied, neededBehind(turn))',
  ),
  mutant(
    'compacts-before-the-snapshot-is-durable',
    'The log goes when a snapshot is begun: a crash before its end leaves neither (§7).',
    SNAPSHOTTER,
    'const pieces = inSlices(',
    'this.#host.saved({ metadata, byteLength: 0, checksum: 0 }, this.#bytes.indexBefore(0))\n      const pieces = inSlices(',
  ),
  mutant(
    'compaction-forgets-the-term',
    'Of the last entry that is discarded the term is not kept: nothing can be appended behind it, and logs compare wrong.',
    LOG,
    'this.#base = { index: through, term }\n    while',
    'this.#base = { index: through, term: 0 }\n    while',
  ),
  mutant(
    'install-forgets-the-term',
    'A log that begins anew behind a snapshot does not know the term of what the snapshot ends with.',
    EVOLVE,
    'state.log.restart(lastIncludedIndex, lastIncludedTerm)',
    'state.log.restart(lastIncludedIndex, 0)',
  ),
  mutant(
    'compacted-prefix-is-a-conflict',
    'An append that begins in what a snapshot has replaced is refused: leader and follower never agree (openraft#511).',
    'core/src/consensus/append-entries.ts',
    'if (prevLogIndex >= baseIndex && state.log.termAt(prevLogIndex) !== prevLogTerm) {',
    'if (state.log.termAt(prevLogIndex) !== prevLogTerm) {',
  ),
  mutant(
    'snapshot-overtakes-the-writes',
    'A snapshot does not wait for writes of the log under way: its state is of a term that the disk does not know.',
    'core/src/node/snapshots/write-barrier.ts',
    'const write = this.#state.writes.started',
    'const write = this.#state.writes.persisted',
  ),
  mutant(
    'snapshot-file-not-synced',
    'A snapshot counts when it is written: the power takes it, and its log is gone already.',
    'storage-file/src/calls.ts',
    'await fill(file)\n      await sync(fileSystem, file)',
    'await fill(file)',
  ),
  mutant(
    'snapshot-name-not-synced',
    'A snapshot is synced under its temporary name, and the rename is not: after a power failure there is none.',
    'storage-file/src/calls.ts',
    '`)\n  await fileSystem.syncDirectory(directory)\n}',
    '`)\n}',
  ),
  mutant(
    'log-without-its-snapshot-is-kept',
    'At start a log that lacks the last entry of the newest snapshot is kept: it is another history.',
    'storage-file/src/open-directory.ts',
    'log.restart(index, newest.term)\n    state.dropped = true',
    'void log',
  ),
  mutant(
    'discarded-log-goes-on',
    'A log that a snapshot replaces is discarded in memory alone: nobody tells the storage that it begins anew.',
    'core/src/node/log-keeper.ts',
    'this.#writer.add(persist, blocks, this.#restartBehind)',
    'this.#writer.add(persist, blocks)',
  ),
  mutant(
    'restarts-behind-the-newest-alone',
    'A log begins anew only behind the newest snapshot, and a later one is saved while the one before is installed.',
    'storage-file/src/open-log.ts',
    'if (restartBehind === undefined)',
    'if (restartBehind === undefined || restartBehind.index !== snapshots.newest?.index)',
  ),
]
