// Every proposal of this node, from `propose` to its answer: bounded, with a deadline, settled exactly once.
import type { LogIndex, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import { EntryKind } from '../wire/entry-block.js'
import { BLOCK_ENTRIES_MAX } from '../wire/limits.js'
import { decodeOpening, encodeOpening } from '../wire/open-session.js'
import type { Answers } from './answers.js'
import type { Batch } from './batch.js'
import { CallerSessions } from './caller-sessions.js'
import { lookUp } from './hidden-by-snapshot.js'
import type { Limits } from './options.js'
import { OwnSession } from './own-session.js'
import { Proposal, type Request } from './proposal.js'
import { ProposalQueue } from './proposal-queue.js'
import type { Session } from './sessions/session.js'
import type { SessionSequence } from './types.js'

/** Where an applied entry finds who waits for its sequence. */
export interface Waiting {
  take(sequence: number): Proposal | undefined
}

export class Proposals {
  readonly #limits: Limits
  readonly #answers: Answers
  readonly #newNonce: () => string
  readonly #own = new OwnSession()
  readonly #queue: ProposalQueue
  #ownOpening: Proposal | undefined
  readonly #callers = new CallerSessions()
  /** Openings of sessions by their nonces. */
  readonly #openings = new Map<string, Proposal>()
  /** The term of the last entry that was applied here. */
  #appliedTerm: Term = 0
  #count = 0
  #bytes = 0

  constructor(limits: Limits, answers: Answers, newNonce: () => string) {
    this.#limits = limits
    this.#answers = answers
    this.#newNonce = newNonce
    this.#queue = new ProposalQueue(limits.messageBytesMax, this.#own)
  }

  /** Requests accepted and not yet answered. */
  get pending(): number {
    return this.#count
  }

  /** There is something to give to a leader. */
  get hasWaiting(): boolean {
    return this.#queue.hasWaiting
  }

  /** @throws RaftError ERR_OVERLOADED, ERR_INVALID_COMMAND, ERR_INVALID_OPTION */
  add(
    payload: Uint8Array,
    deadline: number,
    wantsReceipt: boolean,
    session: SessionSequence | undefined,
  ): Request {
    this.#admit(payload)
    if (session !== undefined) return this.#addToCallers(payload, deadline, wantsReceipt, session)
    const proposal = new Proposal(payload, EntryKind.Command, deadline, wantsReceipt)
    this.#accept(proposal)
    this.#queue.push(proposal)
    if (this.#own.id === 0) this.#openOwn()
    return proposal
  }

  /** A request for what is under way here already joins it: appended a second time it would only be skipped. */
  #addToCallers(
    payload: Uint8Array,
    deadline: number,
    wantsReceipt: boolean,
    { id, sequence, acknowledgedBelow = 0 }: SessionSequence,
  ): Request {
    if (id === this.#own.id)
      throw new RaftError('ERR_INVALID_OPTION', `session ${id} is this node's own: open another one`)
    const underWay = this.#callers.of(id)?.find(sequence)
    if (underWay !== undefined) {
      this.#count++
      return underWay.join(deadline, wantsReceipt)
    }
    const proposal = new Proposal(payload, EntryKind.Command, deadline, wantsReceipt)
    Object.assign(proposal, { sessionId: id, sequence, acknowledgedBelow })
    this.#accept(proposal)
    this.#callers.add(proposal)
    this.#queue.push(proposal)
    return proposal
  }

  /** @throws RaftError ERR_OVERLOADED */
  openSession(ttlMs: number, deadline: number): Request {
    const nonce = this.#newNonce()
    const payload = encodeOpening({ ttlMs, nonce })
    this.#admit(payload)
    const proposal = new Proposal(payload, EntryKind.OpenSession, deadline, false)
    this.#accept(proposal)
    this.#openings.set(nonce, proposal)
    this.#queue.push(proposal)
    return proposal
  }

  /** Nobody waits for it, and it has no deadline: it is asked for until it is there. */
  #openOwn(): void {
    if (this.#ownOpening !== undefined) return
    const nonce = this.#newNonce()
    const payload = encodeOpening({ ttlMs: Math.ceil(this.#limits.sessionTtlMs), nonce })
    this.#ownOpening = new Proposal(payload, EntryKind.OpenSession, Number.POSITIVE_INFINITY, false)
    this.#openings.set(nonce, this.#ownOpening)
    this.#queue.push(this.#ownOpening)
  }

  #admit({ length }: Uint8Array): void {
    const { pendingProposalsMax, pendingBytesMax, messageBytesMax } = this.#limits
    if (length > messageBytesMax / 2)
      throw new RaftError('ERR_INVALID_COMMAND', `command of ${length} bytes, at most ${messageBytesMax / 2}`)
    if (this.#count >= pendingProposalsMax)
      throw new RaftError('ERR_OVERLOADED', `${this.#count} proposals are pending, the limit`)
    const bytes = this.#bytes
    if (bytes + length > pendingBytesMax)
      throw new RaftError(
        'ERR_OVERLOADED',
        `${bytes} bytes of proposals are pending, the limit is ${pendingBytesMax}`,
      )
  }

  #accept(proposal: Proposal): void {
    this.#count++
    this.#bytes += proposal.payload.length
  }

  /** What goes to the leader next, as one block. */
  takeBatch(countMax: number = BLOCK_ENTRIES_MAX): Batch | undefined {
    return this.#queue.takeBatch(countMax)
  }

  /** To be given to a leader again. */
  putBack(proposals: readonly Proposal[]): void {
    this.#queue.putBack(proposals)
  }

  /** The leader had no room for them: told to their callers, unless another attempt is open. */
  overloaded(proposals: readonly Proposal[]): void {
    const again: Proposal[] = []
    for (const proposal of proposals) {
      const isOpening = proposal.kind === EntryKind.OpenSession
      if (proposal === this.#ownOpening || !(isOpening || proposal.isCertain(this.#appliedTerm)))
        again.push(proposal)
      else this.fail(proposal, new RaftError('ERR_OVERLOADED', 'the leader has too many proposals pending'))
    }
    this.#queue.putBack(again)
  }

  /**
   * An entry of `term` is about to be applied, the first one. Every entry of an earlier term that is still committed
   * stands before it (§5.4): the attempts of earlier terms are dead, and what is unanswered is proposed again.
   */
  termApplied(term: Term): void {
    this.#appliedTerm = term
    const again: Proposal[] = []
    this.#forEachPlaced((proposal) => {
      if (proposal.stage === 'waiting' || proposal.term >= term) return
      proposal.stage = 'waiting'
      again.push(proposal)
    })
    this.#queue.putBack(again)
  }

  /** Who waits here for commands of this session. Undefined: nobody. */
  waitingIn(sessionId: number): Waiting | undefined {
    return sessionId === this.#own.id ? this.#own : this.#callers.of(sessionId)
  }

  /** It was taken from where it waited: it has been applied, with this result or Rejection. */
  answer(proposal: Proposal, result: unknown, index: LogIndex, term: Term): void {
    this.#bytes -= proposal.payload.length
    if (!proposal.settled) {
      this.#count--
      proposal.conclude(result, index, term, this.#answers)
    }
    if (proposal.joined !== undefined) {
      for (const request of proposal.joined) {
        if (request.settled) continue
        this.#count--
        request.conclude(result, index, term, this.#answers)
      }
    }
    if (proposal.stage === 'waiting') this.#queue.noteSettled(proposal)
  }

  /** None of those who wait for it will get a result. */
  fail(proposal: Proposal, error: RaftError): void {
    const { joined = [] } = proposal
    for (const request of [proposal, ...joined]) {
      if (request.settled) continue
      this.#count--
      request.fail(error, this.#answers)
    }
    this.#forget(proposal)
  }

  /** The session of this node has ended, so nothing of it will be applied any more: what is not yet moves to another. */
  ownSessionEnded(): void {
    const moved = this.#own.end()
    if (moved.length === 0) return
    this.#queue.startOver(moved)
    this.#openOwn()
  }

  /**
   * The state came from a snapshot whose last entry has `index` and `term`: what was applied up to there was not seen
   * here. Its sessions know the outcomes; what they do not know was not applied, unless the session itself is gone.
   */
  hiddenBySnapshot(sessionOf: (id: number) => Session | undefined, index: LogIndex, term: Term): void {
    const look = (proposal: Proposal): void => lookUp(this, proposal, sessionOf(proposal.sessionId), index)
    for (const commands of [this.#own, this.#callers]) commands.forEach(look)
    if (this.#own.id !== 0 && sessionOf(this.#own.id) === undefined) this.ownSessionEnded()
    // Whether a session was opened cannot be seen: another one is. The first, if any, expires.
    const openings = [...this.#openings.values()].filter(({ stage }) => stage !== 'waiting')
    for (const opening of openings) opening.stage = 'waiting'
    this.#queue.putBack(openings)
    if (term > this.#appliedTerm) this.termApplied(term)
  }

  get ownSessionId(): number {
    return this.#own.id
  }

  /** A session has been opened at `index`. */
  opened(nonce: string, index: LogIndex, term: Term): void {
    const opening = this.#openings.get(nonce)
    if (opening === undefined) return
    this.#openings.delete(nonce)
    if (opening !== this.#ownOpening) return this.answer(opening, index, index, term)
    this.#ownOpening = undefined
    this.#own.opened(index)
    opening.settled = true
    if (opening.stage === 'waiting') this.#queue.noteSettled(opening)
  }

  /** The caller's signal fired. */
  abort(request: Request, cause: unknown): void {
    if (!request.settled) this.#giveUp(request, 'ERR_ABORTED', 'aborted by the caller', cause)
  }

  #giveUp(
    request: Request,
    code: 'ERR_TIMEOUT' | 'ERR_ABORTED' | 'ERR_STOPPED',
    why: string,
    cause?: unknown,
  ): void {
    const { proposal } = request
    this.#count--
    request.fail(proposal.givenUp(code, why, proposal.isCertain(this.#appliedTerm), cause), this.#answers)
    // Whoever joined it goes on.
    if (!proposal.isPending) this.#forget(proposal)
  }

  /** Nobody waits for it any more. */
  #forget(proposal: Proposal): void {
    const { kind, sessionId, sequence, payload, stage } = proposal
    this.#bytes -= payload.length
    if (kind === EntryKind.OpenSession) this.#openings.delete(decodeOpening(payload).nonce)
    else if (sequence > 0) this.waitingIn(sessionId)?.take(sequence)
    if (stage === 'waiting') this.#queue.noteSettled(proposal)
  }

  #forEachPlaced(visit: (proposal: Proposal) => void): void {
    this.#own.forEach(visit)
    this.#callers.forEach(visit)
    for (const opening of this.#openings.values()) visit(opening)
  }

  #forEachRequest(visit: (request: Request) => void): void {
    const each = (proposal: Proposal): void => {
      for (const request of [proposal, ...(proposal.joined ?? [])]) if (!request.settled) visit(request)
    }
    this.#queue.forEachFresh(each)
    this.#forEachPlaced((proposal) => {
      if (proposal !== this.#ownOpening) each(proposal)
    })
  }

  /** Gives up what is past its deadline; returns the earliest deadline that remains. */
  sweep(now: number): number {
    let earliest = Number.POSITIVE_INFINITY
    this.#forEachRequest((request) => {
      if (request.deadline <= now) this.#giveUp(request, 'ERR_TIMEOUT', 'the deadline passed')
      else earliest = Math.min(earliest, request.deadline)
    })
    return earliest
  }

  /** Settles everything: the node stops, or has failed. */
  stop(why: string, cause?: unknown): void {
    this.#forEachRequest((request) => this.#giveUp(request, 'ERR_STOPPED', why, cause))
  }
}
