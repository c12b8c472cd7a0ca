// One handing over of leadership at a time, from the call to its answer (thesis §3.10).
import type { TransferFailure } from '../consensus/effects.js'
import type { NodeId, Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Answers, Waiter } from './answers.js'

const WHY: Record<TransferFailure, string> = {
  'not-leader': 'this node does not lead',
  'no-successor': 'no voter that could take over has answered lately',
  'under-way': 'leadership is being handed over already',
  aborted: 'the successor did not take over in time; this node goes on leading',
}

export interface Handover {
  readonly waiter: Waiter<NodeId>
  readonly from: NodeId
  readonly to: NodeId | undefined
  /** The term that is to end. */
  readonly term: Term
  deadline: number
}

export class Transfer {
  readonly #answers: Answers
  #handover: Handover | undefined

  constructor(answers: Answers) {
    this.#answers = answers
  }

  /** @throws RaftError ERR_TRANSFER_FAILED when one is under way */
  begin(handover: Handover): void {
    if (this.#handover !== undefined) throw new RaftError('ERR_TRANSFER_FAILED', WHY['under-way'])
    this.#handover = handover
  }

  /** Consensus has refused or given up. */
  failed(reason: TransferFailure): void {
    const code = reason === 'not-leader' ? 'ERR_NOT_LEADER' : 'ERR_TRANSFER_FAILED'
    this.giveUp(new RaftError(code, WHY[reason]))
  }

  /** A leader stands: whoever it is, the handing over is decided. */
  leaderStands(leader: NodeId, term: Term): void {
    const handover = this.#handover
    if (handover === undefined || term <= handover.term) return
    const { from, to = 'another voter' } = handover
    if (leader === from || (handover.to !== undefined && leader !== to))
      return this.giveUp(new RaftError('ERR_TRANSFER_FAILED', `${leader} was elected instead of ${to}`))
    this.#handover = undefined
    handover.waiter.succeed(leader, this.#answers)
  }

  /** The handing over that is under way, given until `deadline` at most; undefined when none is. */
  hurry(deadline: number): Promise<NodeId> | undefined {
    const handover = this.#handover
    if (handover !== undefined) handover.deadline = Math.min(handover.deadline, deadline)
    return handover?.waiter.promise
  }

  giveUp(error: RaftError): void {
    const handover = this.#handover
    this.#handover = undefined
    handover?.waiter.fail(error, this.#answers)
  }

  /** Gives up what is past its deadline; returns the deadline that remains. */
  sweep(now: number): number {
    const deadline = this.#handover?.deadline ?? Number.POSITIVE_INFINITY
    if (deadline > now) return deadline
    this.giveUp(new RaftError('ERR_TIMEOUT', 'no successor was heard of before the deadline'))
    return Number.POSITIVE_INFINITY
  }
}
