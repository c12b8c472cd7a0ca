// Proposals that came with a session of the caller's own, found by session and sequence.
import type { Proposal } from './proposal.js'

export class CallerSessions {
  readonly #sessions = new Map<number, CallerSession>()

  of(sessionId: number): CallerSession | undefined {
    return this.#sessions.get(sessionId)
  }

  /** Nobody else waits for its sequence. */
  add(proposal: Proposal): void {
    let session = this.#sessions.get(proposal.sessionId)
    if (session === undefined) {
      session = new CallerSession(() => this.#sessions.delete(proposal.sessionId))
      this.#sessions.set(proposal.sessionId, session)
    }
    session.add(proposal)
  }

  /** The visitor may remove the one it is shown. */
  forEach(visit: (proposal: Proposal) => void): void {
    for (const session of this.#sessions.values()) session.forEach(visit)
  }
}

export class CallerSession {
  readonly #proposals = new Map<number, Proposal>()
  readonly #emptied: () => void

  constructor(emptied: () => void) {
    this.#emptied = emptied
  }

  find(sequence: number): Proposal | undefined {
    return this.#proposals.get(sequence)
  }

  add(proposal: Proposal): void {
    this.#proposals.set(proposal.sequence, proposal)
  }

  /** Removes and returns who waits for `sequence`. */
  take(sequence: number): Proposal | undefined {
    const proposal = this.#proposals.get(sequence)
    if (proposal === undefined) return undefined
    this.#proposals.delete(sequence)
    if (this.#proposals.size === 0) this.#emptied()
    return proposal
  }

  forEach(visit: (proposal: Proposal) => void): void {
    for (const proposal of this.#proposals.values()) visit(proposal)
  }
}
