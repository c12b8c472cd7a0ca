// Proposals that go to the leader together, as one block, and what becomes of that attempt.
import type { Term } from '../consensus/types.js'
import { EntryKind } from '../wire/entry-block.js'
import type { ProposedEntries } from '../wire/messages.js'
import type { Proposal } from './proposal.js'

export class Batch implements ProposedEntries {
  readonly proposals: readonly Proposal[]
  readonly kind: EntryKind
  readonly sessionId: number
  readonly firstSequence: number
  readonly acknowledgedBelow: number
  readonly commands: readonly Uint8Array[]
  /** The Forward it is in; 0: in none. */
  #attempt = 0

  constructor(proposals: readonly Proposal[], acknowledgedBelow: number) {
    const { kind, sessionId, sequence } = proposals[0]!
    this.proposals = proposals
    this.kind = kind
    this.sessionId = sessionId
    this.firstSequence = sequence
    this.acknowledgedBelow = kind === EntryKind.OpenSession ? 0 : acknowledgedBelow
    this.commands = proposals.map(({ payload }) => payload)
  }

  /** It leaves in this Forward, for the leader of `term`. */
  sent(attempt: number, term: Term): void {
    this.#attempt = attempt
    for (const proposal of this.proposals) {
      proposal.stage = 'sent'
      proposal.attempt = attempt
      proposal.term = term
    }
  }

  /** The Forward was accepted: all of it stands in the log of its term. */
  accepted(): void {
    for (const proposal of this.proposals) if (this.#carries(proposal)) proposal.stage = 'appended'
  }

  /** This node appends it as the leader of `term`. Said before: whatever that leads to, it may be in the log. */
  appending(term: Term): void {
    for (const proposal of this.proposals) {
      proposal.stage = 'appended'
      proposal.term = term
    }
  }

  /** It was not appended: those somebody still waits for. */
  notAppended(): Proposal[] {
    return this.#waitAgain(this.proposals)
  }

  /** The Forward was refused: those that still wait for what becomes of it. */
  refused(): Proposal[] {
    return this.#waitAgain(this.proposals.filter((proposal) => this.#carries(proposal)))
  }

  /** The Forward, or its answer, seems to be lost: the same, and this attempt stays in doubt. */
  unanswered(): Proposal[] {
    const again = this.refused()
    for (const proposal of again) proposal.doubtTerm = Math.max(proposal.doubtTerm, proposal.term)
    return again
  }

  /** A proposal may have left this attempt: it was answered, or is known to be dead and proposed anew. */
  #carries({ stage, attempt }: Proposal): boolean {
    return stage === 'sent' && attempt === this.#attempt
  }

  #waitAgain(proposals: readonly Proposal[]): Proposal[] {
    const pending = proposals.filter((proposal) => proposal.isPending)
    for (const proposal of pending) proposal.stage = 'waiting'
    return pending
  }
}
