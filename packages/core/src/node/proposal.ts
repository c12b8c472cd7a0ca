// One command on its way: who waits for it, and what is known of its fate.
import type { LogIndex, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import { type Answers, Waiter } from './answers.js'
import type { Receipt } from './types.js'

/**
 * 'waiting': given to nobody yet. 'sent': handed to a leader that has not said what became of it.
 * 'appended': stands at `index` in `term`. Only the first may be given up as certainly not applied.
 */
export type ProposalStage = 'waiting' | 'sent' | 'appended'

export class Proposal {
  /** Is told the result, or the receipt it is part of. */
  readonly waiter: Waiter<unknown> = new Waiter()
  readonly payload: Uint8Array
  readonly deadline: number
  readonly #wantsReceipt: boolean
  stage: ProposalStage = 'waiting'
  index: LogIndex = 0
  term: Term = 0
  /** The next proposal in the same slot of the ring. */
  next: Proposal | undefined

  constructor(payload: Uint8Array, deadline: number, wantsReceipt: boolean) {
    this.payload = payload
    this.deadline = deadline
    this.#wantsReceipt = wantsReceipt
  }

  /** The entry at its place has been applied. */
  succeed(result: unknown, answers: Answers): void {
    const receipt: Receipt<unknown> | undefined = this.#wantsReceipt
      ? { result, index: this.index, term: this.term }
      : undefined
    this.waiter.succeed(receipt ?? result, answers)
  }

  /** The caller will not wait any longer: says honestly whether the command can still take effect. */
  giveUp(
    code: 'ERR_TIMEOUT' | 'ERR_ABORTED' | 'ERR_STOPPED',
    why: string,
    answers: Answers,
    cause?: unknown,
  ): void {
    const error =
      this.stage === 'waiting'
        ? new RaftError(code, `${why}; the command was not applied`, { cause })
        : outcomeUnknown(`${why} while the command was under way`, cause)
    this.waiter.fail(error, answers)
  }
}

export function outcomeUnknown(why: string, cause?: unknown): RaftError {
  return new RaftError('ERR_OUTCOME_UNKNOWN', `${why}; it may or may not be applied`, { cause })
}
