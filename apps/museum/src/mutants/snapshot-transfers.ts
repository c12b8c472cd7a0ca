// Raft §7, Figure 13: a snapshot on its way from a leader to a follower, in chunks, and what comes behind it.
import { type Mutant, mutant } from '../mutant.js'

const INCOMING = 'core/src/node/snapshots/incoming-snapshot.ts'
const INSTALL = 'core/src/consensus/install-snapshot.ts'

export const SNAPSHOT_TRANSFER_MUTANTS: readonly Mutant[] = [
  mutant(
    'deposed-leaders-snapshot-accepted',
    'A snapshot of a deposed leader is taken: the follower hears a leader that is none (Figure 13, 1).',
    INSTALL,
    'if (request.term < state.currentTerm) return reply(turn, from, lastIncludedIndex, 0)',
    '',
  ),
  mutant(
    'install-answered-before-durable',
    'The answer to a snapshot waits neither for the term that it is given in, nor for entries that it speaks of.',
    'core/src/consensus/persist-before-speaking.ts',
    'if (!acknowledges(message)) return 0\n',
    "if (!acknowledges(message) || message.type === 'InstallSnapshotReply') return 0\n",
  ),
  mutant(
    'follower-stays-in-snapshot',
    'A follower that has installed its snapshot is sent no entries: it never comes back (Ratis PR 1567).',
    'core/src/consensus/evolve-follower.ts',
    "if (follower.state !== 'replicate') {",
    "if (follower.state === 'probe') {",
  ),
  mutant(
    'snapshot-begins-behind-itself',
    'After a snapshot the first entry behind it is left out.',
    'core/src/consensus/evolve-install.ts',
    'follower.nextIndex = lastIncludedIndex + 1',
    'follower.nextIndex = lastIncludedIndex + 2',
  ),
  mutant(
    'no-snapshot-after-a-probe',
    'A follower whose place turns out to be compacted away is not sent the snapshot: nothing is sent any more.',
    'core/src/consensus/log-replication-replies.ts',
    "turn.do({ type: 'Replicate', to })\n  sendSnapshotIfBehind(turn, to)",
    "turn.do({ type: 'Replicate', to })",
  ),
  mutant(
    'no-snapshot-after-a-compaction',
    'The entries that a follower needs next are discarded, and nobody sees that it needs the snapshot now.',
    'core/src/consensus/log-compaction.ts',
    'if (!isReceiving(turn, follower)) sendSnapshotIfBehind(turn, to)',
    'void [to, follower]',
  ),
  mutant(
    'chunk-behind-a-gap-accepted',
    'A chunk is put wherever the one before ended: what was lost between is missing in the middle.',
    INCOMING,
    '|| offset > this.nextOffset || end <= this.nextOffset) return false',
    '|| end <= this.nextOffset) return false',
  ),
  mutant(
    'repeated-chunk-appended',
    'A chunk that comes twice is stored twice: the rest of the snapshot does not fit.',
    INCOMING,
    'offset > this.nextOffset || end <= this.nextOffset) return false',
    'offset > this.nextOffset) return false',
  ),
  mutant(
    'lost-chunk-never-sent-again',
    'A follower that is silent is not asked where to go on: one lost chunk, and it stays behind.',
    'core/src/node/snapshots/outgoing-snapshot.ts',
    'const isSilent = now - this.#heardAt > patienceMs && now - this.#askedAt > patienceMs',
    'const isSilent = this.#askedAt === Number.NEGATIVE_INFINITY',
  ),
]
