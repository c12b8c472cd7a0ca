// What waits to be given to a leader, cut into batches: one session, contiguous sequences, no larger than a message.
import { ENTRY_HEADER_BYTES, EntryKind } from '../wire/entry-block.js'
import { Batch } from './batch.js'
import type { OwnSession } from './own-session.js'
import type { Proposal } from './proposal.js'
import { SEQUENCE_WINDOW } from './sessions/session.js'
import { WaitingQueue } from './waiting-queue.js'

export class ProposalQueue {
  readonly #bytesMax: number
  readonly #own: OwnSession
  /** For this node's own session, without a sequence yet. */
  readonly #fresh = new WaitingQueue()
  /** With a sequence, or opening a session: they go first. */
  readonly #ready = new WaitingQueue()

  constructor(bytesMax: number, own: OwnSession) {
    this.#bytesMax = bytesMax
    this.#own = own
  }

  get hasWaiting(): boolean {
    return !this.#ready.isEmpty || (!this.#fresh.isEmpty && this.#own.hasRoom)
  }

  #of({ kind, sequence }: Proposal): WaitingQueue {
    return sequence > 0 || kind === EntryKind.OpenSession ? this.#ready : this.#fresh
  }

  push(proposal: Proposal): void {
    this.#of(proposal).push(proposal)
  }

  /** They have been with a leader. */
  putBack(proposals: readonly Proposal[]): void {
    this.#ready.putBack(proposals)
  }

  /** Nobody waits for it any more, and it waits here. */
  noteSettled(proposal: Proposal): void {
    this.#of(proposal).noteSettled()
  }

  /** These had sequences of a session that is gone: they get others, before all that have none. */
  startOver(proposals: readonly Proposal[]): void {
    this.#ready.remove(new Set(proposals))
    for (const proposal of proposals) proposal.startOver()
    this.#fresh.putFirst(proposals)
  }

  forEachFresh(visit: (proposal: Proposal) => void): void {
    this.#fresh.forEach(visit)
  }

  takeBatch(countMax: number): Batch | undefined {
    let bytes = 0
    const fits = ({ payload }: Proposal, batch: readonly Proposal[]): boolean => {
      bytes += payload.length + ENTRY_HEADER_BYTES
      return batch.length === 0 || (bytes <= this.#bytesMax && batch.length < countMax)
    }
    const ready = this.#ready.take(
      (proposal, batch) =>
        fits(proposal, batch) && (batch.length === 0 || this.#follows(proposal, batch[0]!, batch.at(-1)!)),
    )
    if (ready.length > 0) return this.#batchOf(ready)
    bytes = 0
    const fresh = this.#fresh.take((proposal, batch) => {
      if (!this.#own.hasRoom || !fits(proposal, batch)) return false
      this.#own.assign(proposal)
      return true
    })
    return fresh.length > 0 ? this.#batchOf(fresh) : undefined
  }

  #batchOf(proposals: readonly Proposal[]): Batch {
    return new Batch(proposals, this.#acknowledgedBelow(proposals[0]!))
  }

  #follows(proposal: Proposal, first: Proposal, last: Proposal): boolean {
    const { kind, sessionId, sequence, acknowledgedBelow } = proposal
    if (kind !== first.kind || sessionId !== first.sessionId) return false
    if (kind === EntryKind.OpenSession) return true
    // A block acknowledges once, for all its commands: no more than the first of them does.
    const isCovered = acknowledgedBelow >= first.acknowledgedBelow
    const isInWindow = sequence - this.#acknowledgedBelow(first) < SEQUENCE_WINDOW
    return sequence === last.sequence + 1 && isCovered && isInWindow
  }

  #acknowledgedBelow({ sessionId, acknowledgedBelow }: Proposal): number {
    return sessionId === this.#own.id ? this.#own.acknowledgedBelow : acknowledgedBelow
  }
}
