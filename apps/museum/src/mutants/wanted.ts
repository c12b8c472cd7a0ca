// Bugs that nobody has caught yet. They do not count; `pnpm museum --wanted` tries them.
import { type Mutant, mutant } from '../mutant.js'

export interface WantedMutant extends Mutant {
  /** Which fault or check the simulator lacks. */
  readonly lacks: string
}

export const WANTED: readonly WantedMutant[] = [
  {
    ...mutant(
      'apply-through-the-truncated',
      'Apply goes on through a fetched block that was truncated meanwhile (ours, 53ee733).',
      'core/src/node/applier.ts',
      'return this.#log.termAt(last) === term ? last : 0',
      'return Math.min(this.commitIndex, lastIndex)',
    ),
    lacks:
      'A follower that restarts beside a leader without a quorum, fetches what it will lose, and gets more than its cache holds in its place. Truncations are rare: less than two a seed.',
  },
  {
    ...mutant(
      'fetched-outlives-truncation',
      'Blocks read from disk before a truncation are still sent after it.',
      'core/src/node/replicator.ts',
      'for (const source of this.#sources.values()) source.clear()',
      '',
    ),
    lacks:
      'The same for a leader that serves a laggard from disk, is deposed, loses that part of its log and leads again.',
  },
  {
    ...mutant(
      'old-acknowledgements-counted',
      'An acknowledgement of an earlier term counts in the present one: what it speaks of may be gone.',
      'core/src/consensus/log-replication-replies.ts',
      "if (reply.term !== state.currentTerm || state.role.role !== 'leader') return",
      "if (state.role.role !== 'leader') return",
    ),
    lacks:
      'A leader that loses its tail, leads again at once, and hears a late answer of its first term before any of the new one; or a check of what it counts against what was said in its term.',
  },
]
