// One command on its way: who waits for it, its place in its session, and what is known of its fate.
import type { LogIndex, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import { EntryKind } from '../wire/entry-block.js'
import { type Answers, Waiter } from './answers.js'
import { Rejection } from './sessions/session.js'
import type { Receipt } from './types.js'

/** A caller who waits for a command. */
export abstract class Request extends Waiter<unknown> {
  /** Infinity: none. */
  readonly deadline: number
  readonly #wantsReceipt: boolean

  constructor(deadline: number, wantsReceipt: boolean) {
    super()
    this.deadline = deadline
    this.#wantsReceipt = wantsReceipt
  }

  abstract get proposal(): Proposal

  /** The command has been applied. `result` is what apply returned, or a Rejection. */
  conclude(result: unknown, index: LogIndex, term: Term, answers: Answers): void {
    if (result instanceof Rejection) {
      const { cause } = result
      return this.fail(new RaftError('ERR_COMMAND_REJECTED', cause.message, { cause }), answers)
    }
    const receipt: Receipt<unknown> | undefined = this.#wantsReceipt ? { result, index, term } : undefined
    this.succeed(receipt ?? result, answers)
  }
}

/**
 * 'waiting': to be given to a leader. 'sent': in a Forward that is not answered yet. 'appended': known to stand in the
 * log of `term`.
 */
export type ProposalStage = 'waiting' | 'sent' | 'appended'

/** Also the first of the callers who wait for it. */
export class Proposal extends Request {
  readonly payload: Uint8Array
  readonly kind: EntryKind
  /** 0: it has no place in this node's own session yet, or opens one. */
  sessionId = 0
  /** Kept through every attempt: by it the replicas tell a retry from a new command. */
  sequence = 0
  /** Of a caller's session; what holds for this node's own is known when a block is made. */
  acknowledgedBelow = 0
  stage: ProposalStage = 'waiting'
  /** The Forward of the present attempt. */
  attempt = 0
  /** The term of the present attempt. */
  term: Term = 0
  /** The latest term of an attempt that was given up without an answer: it may have reached the log of that term. */
  doubtTerm: Term = 0
  /** Callers who asked for the same sequence of the same session meanwhile. */
  joined: Request[] | undefined

  constructor(payload: Uint8Array, kind: EntryKind, deadline: number, wantsReceipt: boolean) {
    super(deadline, wantsReceipt)
    this.payload = payload
    this.kind = kind
  }

  get proposal(): Proposal {
    return this
  }

  /** Somebody waits for it. */
  get isPending(): boolean {
    return !this.settled || (this.joined?.some((request) => !request.settled) ?? false)
  }

  /** Its session is gone, and it with all its attempts: as if it had never been sent. */
  startOver(): void {
    this.sessionId = 0
    this.sequence = 0
    this.stage = 'waiting'
    this.attempt = 0
    this.term = 0
    this.doubtTerm = 0
  }

  join(deadline: number, wantsReceipt: boolean): Request {
    const request = new Joined(this, deadline, wantsReceipt)
    this.joined ??= []
    this.joined.push(request)
    return request
  }

  /**
   * Certainly not applied, and by no attempt made so far ever to be. An attempt is made in a term: its entry stands in
   * the log before every entry of a later term, so it is dead once one of those has been applied here without it.
   */
  isCertain(appliedTerm: Term): boolean {
    const open = this.stage === 'waiting' ? this.doubtTerm : Math.max(this.doubtTerm, this.term)
    return open === 0 || open < appliedTerm
  }

  /** What a caller is told who will not wait any longer. */
  givenUp(
    code: 'ERR_TIMEOUT' | 'ERR_ABORTED' | 'ERR_STOPPED',
    why: string,
    certain: boolean,
    cause: unknown,
  ): RaftError {
    if (this.kind === EntryKind.OpenSession)
      return new RaftError(code, `${why}; a session that was opened all the same will expire`, { cause })
    if (certain) return new RaftError(code, `${why}; the command was not applied`, { cause })
    return outcomeUnknown(`${why} while the command was under way`, cause)
  }
}

class Joined extends Request {
  readonly proposal: Proposal

  constructor(proposal: Proposal, deadline: number, wantsReceipt: boolean) {
    super(deadline, wantsReceipt)
    this.proposal = proposal
  }
}

export function outcomeUnknown(why: string, cause?: unknown): RaftError {
  return new RaftError('ERR_OUTCOME_UNKNOWN', `${why}; it may or may not be applied`, { cause })
}
