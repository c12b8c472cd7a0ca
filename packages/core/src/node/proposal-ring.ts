// Proposals that stand in the log, found by index when the entry there is applied.
import type { LogIndex } from '../consensus/types.js'
import type { Proposal } from './proposal.js'

/** A fixed ring of slots; proposals whose indexes share a slot are chained. */
export class ProposalRing {
  readonly #slots: (Proposal | undefined)[]
  readonly #length: number
  size = 0

  constructor(capacity: number) {
    const length = 2 ** Math.ceil(Math.log2(Math.max(2, capacity)))
    this.#slots = new Array<Proposal | undefined>(length)
    this.#length = length
  }

  #slot(index: LogIndex): number {
    return index % this.#length
  }

  add(proposal: Proposal): void {
    const slot = this.#slot(proposal.index)
    proposal.next = this.#slots[slot]
    this.#slots[slot] = proposal
    this.size++
  }

  /** Removes the proposals that stand at `index`, of whatever term: chained by `next`. */
  take(index: LogIndex): Proposal | undefined {
    if (this.size === 0) return undefined
    const slot = this.#slot(index)
    let taken: Proposal | undefined
    let kept: Proposal | undefined
    for (let at = this.#slots[slot]; at !== undefined; ) {
      const { next } = at
      if (at.index === index) {
        at.next = taken
        taken = at
        this.size--
      } else {
        at.next = kept
        kept = at
      }
      at = next
    }
    this.#slots[slot] = kept
    return taken
  }

  /** Removes one that nobody waits for any more. */
  remove(proposal: Proposal): void {
    const slot = this.#slot(proposal.index)
    let previous: Proposal | undefined
    for (let at = this.#slots[slot]; at !== undefined; previous = at, at = at.next) {
      if (at !== proposal) continue
      if (previous === undefined) this.#slots[slot] = at.next
      else previous.next = at.next
      this.size--
      return
    }
  }

  /** Visits every proposal, and removes those for which `keep` is false. */
  retain(keep: (proposal: Proposal) => boolean): void {
    if (this.size === 0) return
    for (let slot = 0; slot < this.#slots.length; slot++) {
      let kept: Proposal | undefined
      for (let at = this.#slots[slot]; at !== undefined; ) {
        const { next } = at
        if (keep(at)) {
          at.next = kept
          kept = at
        } else {
          this.size--
        }
        at = next
      }
      this.#slots[slot] = kept
    }
  }
}
