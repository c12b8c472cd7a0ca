// This node's own session: its process keeps one, so that every `propose` is applied exactly once by default. Pending
// proposals stand in a ring by sequence, where an applied entry finds them, whatever its index.
import type { Proposal } from './proposal.js'
import { SEQUENCE_WINDOW } from './sessions/session.js'

const SLOTS_MIN = 1_024

export class OwnSession {
  /** 0: not open. */
  id = 0
  /** A power of two, larger than next - lowest. */
  #slots: (Proposal | undefined)[] = new Array<Proposal | undefined>(SLOTS_MIN)
  #next = 1
  /** No pending proposal has a sequence below it. */
  #lowest = 1

  /** The lowest sequence that somebody waits for. One that was given up holds nothing back. */
  get acknowledgedBelow(): number {
    const mask = this.#slots.length - 1
    while (this.#lowest < this.#next && this.#slots[this.#lowest & mask] === undefined) this.#lowest++
    return this.#lowest
  }

  /** Another proposal may get a sequence now. */
  get hasRoom(): boolean {
    return this.id !== 0 && this.#next - this.acknowledgedBelow < SEQUENCE_WINDOW
  }

  /** The session is open: the first sequence is 1. */
  opened(id: number): void {
    this.id = id
    this.#next = 1
    this.#lowest = 1
  }

  /** Gives the next sequence to a proposal; there is room. */
  assign(proposal: Proposal): void {
    if (this.#next - this.#lowest === this.#slots.length) this.#grow()
    proposal.sessionId = this.id
    proposal.sequence = this.#next++
    this.#slots[proposal.sequence & (this.#slots.length - 1)] = proposal
  }

  #grow(): void {
    const larger = new Array<Proposal | undefined>(this.#slots.length * 2)
    this.forEach((proposal) => {
      larger[proposal.sequence & (larger.length - 1)] = proposal
    })
    this.#slots = larger
  }

  /** Removes and returns who waits for `sequence`. */
  take(sequence: number): Proposal | undefined {
    const slot = sequence & (this.#slots.length - 1)
    const proposal = this.#slots[slot]
    if (proposal === undefined || proposal.sequence !== sequence) return undefined
    this.#slots[slot] = undefined
    return proposal
  }

  /** Visits those who wait, in order. The visitor may remove the one it is shown. */
  forEach(visit: (proposal: Proposal) => void): void {
    const mask = this.#slots.length - 1
    for (let sequence = this.acknowledgedBelow; sequence < this.#next; sequence++) {
      const proposal = this.#slots[sequence & mask]
      if (proposal !== undefined) visit(proposal)
    }
  }

  /** The session has ended. Returns who still waits, in order: the next session is theirs. */
  end(): Proposal[] {
    const waiting: Proposal[] = []
    this.forEach((proposal) => void waiting.push(proposal))
    for (const { sequence } of waiting) this.take(sequence)
    this.opened(0)
    return waiting
  }
}
