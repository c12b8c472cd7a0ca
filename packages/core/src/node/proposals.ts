// Every proposal of this node, from `propose` to its answer: bounded, with a deadline, settled exactly once.
import type { LogIndex, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { CommandRejected } from '../ports/state-machine.js'
import { ENTRY_HEADER_BYTES } from '../wire/entry-block.js'
import { BLOCK_ENTRIES_MAX } from '../wire/limits.js'
import type { Answers } from './answers.js'
import type { Limits } from './options.js'
import { outcomeUnknown, Proposal } from './proposal.js'
import { ProposalRing } from './proposal-ring.js'

export class Proposals {
  readonly #limits: Limits
  readonly #answers: Answers
  /** In order of arrival; given to the leader, or to this node's own log, from the front. */
  #waiting: Proposal[] = []
  /** How many of those nobody waits for any more: they are skipped, or swept out when they are the larger part. */
  #waitingSettled = 0
  readonly #appended: ProposalRing
  /** Forwarded and not yet answered by the leader, by the sequence of the Forward. */
  readonly #sent = new Map<number, readonly Proposal[]>()
  #count = 0
  #bytes = 0

  constructor(limits: Limits, answers: Answers) {
    this.#limits = limits
    this.#answers = answers
    this.#appended = new ProposalRing(limits.pendingProposalsMax)
  }

  /** Accepted and not yet answered. */
  get pending(): number {
    return this.#count
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > this.#waitingSettled
  }

  /** @throws RaftError ERR_OVERLOADED, ERR_INVALID_COMMAND */
  add(payload: Uint8Array, deadline: number, wantsReceipt: boolean): Proposal {
    const { pendingProposalsMax, pendingBytesMax, messageBytesMax } = this.#limits
    if (payload.length > messageBytesMax / 2) {
      throw new RaftError(
        'ERR_INVALID_COMMAND',
        `command of ${payload.length} bytes, at most ${messageBytesMax / 2}`,
      )
    }
    if (this.#count >= pendingProposalsMax) {
      throw new RaftError('ERR_OVERLOADED', `${this.#count} proposals are pending, the limit`)
    }
    if (this.#bytes + payload.length > pendingBytesMax) {
      throw new RaftError(
        'ERR_OVERLOADED',
        `${this.#bytes} bytes of proposals are pending, the limit is ${pendingBytesMax}`,
      )
    }
    const proposal = new Proposal(payload, deadline, wantsReceipt)
    this.#count++
    this.#bytes += payload.length
    this.#waiting.push(proposal)
    return proposal
  }

  #done(proposal: Proposal): void {
    this.#count--
    this.#bytes -= proposal.payload.length
  }

  /** Takes what fits into one block from the front of the queue. */
  takeBatch(countMax: number = BLOCK_ENTRIES_MAX): Proposal[] {
    const batch: Proposal[] = []
    let passed = 0
    let bytes = 0
    for (const proposal of this.#waiting) {
      if (this.#isPending(proposal)) {
        bytes += proposal.payload.length + ENTRY_HEADER_BYTES
        const full = bytes > this.#limits.messageBytesMax || batch.length === countMax
        if (batch.length > 0 && full) break
        batch.push(proposal)
      } else {
        this.#waitingSettled--
      }
      passed++
    }
    this.#waiting.splice(0, passed)
    return batch
  }

  /** Certainly not appended: back to the front, or answered if nobody waits any more. */
  returnBatch(batch: readonly Proposal[]): void {
    for (const proposal of batch) proposal.stage = 'waiting'
    this.#waiting = [...batch.filter((proposal) => this.#isPending(proposal)), ...this.#waiting]
  }

  #isPending(proposal: Proposal): boolean {
    return !proposal.waiter.settled
  }

  /** The batch stands in the log from `firstIndex` on. */
  appended(batch: readonly Proposal[], firstIndex: LogIndex, term: Term): void {
    for (const [i, proposal] of batch.entries()) {
      proposal.stage = 'appended'
      proposal.index = firstIndex + i
      proposal.term = term
      if (this.#isPending(proposal)) this.#appended.add(proposal)
    }
  }

  sent(sequence: number, batch: readonly Proposal[]): void {
    for (const proposal of batch) proposal.stage = 'sent'
    this.#sent.set(sequence, batch)
  }

  /** The batch of a Forward, once: undefined when it was answered or given up before. */
  takeSent(sequence: number): readonly Proposal[] | undefined {
    const batch = this.#sent.get(sequence)
    this.#sent.delete(sequence)
    return batch
  }

  /** A new leader stands: what an earlier one has not answered by now, nobody can know. */
  abandonSent(): void {
    const batches = [...this.#sent.values()]
    this.#sent.clear()
    for (const batch of batches) this.failUnknown(batch, 'the leader changed')
  }

  failUnknown(batch: readonly Proposal[], why: string): void {
    for (const proposal of batch)
      this.#fail(proposal, outcomeUnknown(`${why} while the command was under way`))
  }

  fail(batch: readonly Proposal[], error: RaftError): void {
    for (const proposal of batch) this.#fail(proposal, error)
  }

  #fail(proposal: Proposal, error: RaftError): void {
    if (!this.#isPending(proposal)) return
    this.#done(proposal)
    proposal.waiter.fail(error, this.#answers)
  }

  /** True when somebody waits for the entry at `index`. */
  get awaitsApply(): boolean {
    return this.#appended.size > 0
  }

  /** The entry at `index`, of `term`, has been applied with this outcome. */
  applied(index: LogIndex, term: Term, result: unknown, rejection: CommandRejected | undefined): void {
    for (let at = this.#appended.take(index); at !== undefined; at = at.next) {
      if (!this.#isPending(at)) continue
      if (at.term !== term) {
        // Another entry is committed in its place, so it never will be: it may be proposed again.
        this.returnBatch([at])
        continue
      }
      this.#done(at)
      if (rejection === undefined) at.succeed(result, this.#answers)
      else at.waiter.fail(rejected(rejection), this.#answers)
    }
  }

  /** The caller's signal fired. */
  abort(proposal: Proposal, cause: unknown): void {
    if (!this.#isPending(proposal)) return
    this.#done(proposal)
    proposal.giveUp('ERR_ABORTED', 'aborted by the caller', this.#answers, cause)
    if (proposal.stage === 'appended') this.#appended.remove(proposal)
    // One signal may give up thousands: looking for each of them would take longer than an election.
    if (proposal.stage === 'waiting' && ++this.#waitingSettled * 2 > this.#waiting.length)
      this.#keepWaiting((other) => this.#isPending(other))
  }

  #keepWaiting(keep: (proposal: Proposal) => boolean): void {
    this.#waiting = this.#waiting.filter(keep)
    this.#waitingSettled = 0
  }

  /** Gives up what is past its deadline; returns the earliest deadline that remains. */
  sweep(now: number): number {
    let earliest = Number.POSITIVE_INFINITY
    const keep = (proposal: Proposal): boolean => {
      if (!this.#isPending(proposal)) return false
      if (proposal.deadline <= now) {
        this.#done(proposal)
        proposal.giveUp('ERR_TIMEOUT', 'the deadline passed', this.#answers)
        return false
      }
      earliest = Math.min(earliest, proposal.deadline)
      return true
    }
    this.#keepWaiting(keep)
    for (const [sequence, batch] of this.#sent)
      if (batch.filter(keep).length === 0) this.#sent.delete(sequence)
    this.#appended.retain(keep)
    return earliest
  }

  /** Settles everything: the node stops, or has failed. */
  stop(why: string, cause?: unknown): void {
    const giveUp = (proposal: Proposal): boolean => {
      if (this.#isPending(proposal)) {
        this.#done(proposal)
        proposal.giveUp('ERR_STOPPED', why, this.#answers, cause)
      }
      return false
    }
    this.#keepWaiting(giveUp)
    for (const batch of this.#sent.values()) batch.forEach(giveUp)
    this.#sent.clear()
    this.#appended.retain(giveUp)
  }
}

function rejected(cause: CommandRejected): RaftError {
  return new RaftError('ERR_COMMAND_REJECTED', cause.message, { cause })
}
