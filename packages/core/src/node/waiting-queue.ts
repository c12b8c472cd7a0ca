// Proposals that wait to be given to a leader.
import type { Proposal } from './proposal.js'

export class WaitingQueue {
  #proposals: Proposal[] = []
  /** How many of those nobody waits for any more: they are skipped, or swept out when they are the larger part. */
  #settled = 0
  #isSorted = true

  get isEmpty(): boolean {
    return this.#proposals.length <= this.#settled
  }

  push(proposal: Proposal): void {
    this.#proposals.push(proposal)
  }

  /** To be given to a leader once more, in the order of their sequences. */
  putBack(proposals: readonly Proposal[]): void {
    if (proposals.length === 0) return
    this.#proposals = [...proposals, ...this.#proposals]
    this.#isSorted = false
  }

  /** As `putBack`, of proposals that are in order and go before all others. */
  putFirst(proposals: readonly Proposal[]): void {
    this.#proposals = [...proposals, ...this.#proposals]
  }

  /** One of these has just been settled. One signal may do that to thousands: each is not looked for. */
  noteSettled(): void {
    if (++this.#settled * 2 > this.#proposals.length) this.#keep((proposal) => proposal.isPending)
  }

  /** Takes from the front as long as `fits` says so; settled ones are passed over. */
  take(fits: (proposal: Proposal, batch: readonly Proposal[]) => boolean): Proposal[] {
    if (!this.#isSorted) this.#sort()
    const batch: Proposal[] = []
    let passed = 0
    for (const proposal of this.#proposals) {
      if (!proposal.isPending) this.#settled--
      else if (fits(proposal, batch)) batch.push(proposal)
      else break
      passed++
    }
    this.#proposals.splice(0, passed)
    return batch
  }

  #sort(): void {
    this.#keep((proposal) => proposal.isPending)
    this.#proposals.sort((a, b) => a.sessionId - b.sessionId || a.sequence - b.sequence)
    this.#isSorted = true
  }

  remove(gone: ReadonlySet<Proposal>): void {
    this.#keep((proposal) => proposal.isPending && !gone.has(proposal))
  }

  #keep(keep: (proposal: Proposal) => boolean): void {
    this.#proposals = this.#proposals.filter(keep)
    this.#settled = 0
  }

  forEach(visit: (proposal: Proposal) => void): void {
    for (const proposal of this.#proposals) visit(proposal)
  }
}
