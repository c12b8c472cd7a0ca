// Tells when a follower falls behind and when it has caught up: two thresholds, so that it does not tell again and again.
import type { State } from '../consensus/index.js'
import type { NodeId, Term } from '../consensus/types.js'
import type { RuntimeEvent } from './types.js'

/** The part of the limit at which a follower that lagged counts as caught up. */
const CAUGHT_UP = 1 / 4

export class LagWatch {
  readonly #entriesMax: number
  readonly #emit: (event: RuntimeEvent) => void
  #term: Term = 0
  readonly #lagging = new Set<NodeId>()

  constructor(entriesMax: number, emit: (event: RuntimeEvent) => void) {
    this.#entriesMax = entriesMax
    this.#emit = emit
  }

  /** A turn is over. What a follower lacks is counted from what is committed: a burst that nobody has yet is no lag. */
  look({ role, currentTerm, commitIndex }: State): void {
    if (role.role !== 'leader') return
    if (currentTerm !== this.#term) {
      this.#term = currentTerm
      this.#lagging.clear()
    }
    for (const [follower, { matchIndex }] of role.followers) {
      const entriesBehind = Math.max(0, commitIndex - matchIndex)
      const wasLagging = this.#lagging.has(follower)
      if (!wasLagging && entriesBehind > this.#entriesMax) {
        this.#lagging.add(follower)
        this.#emit({ type: 'FollowerLagging', follower, entriesBehind })
      } else if (wasLagging && entriesBehind <= this.#entriesMax * CAUGHT_UP) {
        this.#lagging.delete(follower)
        this.#emit({ type: 'FollowerCaughtUp', follower, entriesBehind })
      }
    }
  }
}
