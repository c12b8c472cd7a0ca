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
]
