// One change of the members at a time, from the call to its answer: learners first, then the joint configuration.
import type { MembershipRefusal } from '../../consensus/effects.js'
import type { State } from '../../consensus/index.js'
import type { Input } from '../../consensus/inputs.js'
import { canDecide, isCaughtUp } from '../../consensus/membership-changes.js'
import type { LogIndex, NodeId, Term } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Member } from '../../ports/transport.js'
import type { Answers, Waiter } from '../answers.js'
import type { RuntimeEvent } from '../types.js'
import type { Members } from './members.js'
import type { Target } from './plan.js'
import type { Membership } from './types.js'

const WHY: Record<MembershipRefusal, string> = {
  'not-leader': 'this node does not lead',
  'handing-over': 'leadership is being handed over',
  'under-way': 'another change of the members is under way',
  'not-yet-committed': 'this leader has committed nothing yet in its term',
  changed: 'the members have changed since',
  'no-voters': 'somebody must be a voter',
  'unknown-learner': 'a new voter has to be a learner first',
  'not-caught-up': 'a new voter has not caught up with the log',
  'would-lose-quorum':
    'no majority of the new voters has answered within an election timeout: the cluster could not commit anything. `force` does it all the same',
}

export interface ChangesHost {
  readonly state: State
  readonly members: Members
  now(): number
  step(input: Input): void
  emit(event: RuntimeEvent): void
  /** It was removed, and what it was is not forgotten yet. */
  isLeaving(id: NodeId): boolean
}

export interface ChangeRequest {
  readonly waiter: Waiter<Membership>
  /** From the members in force when it is begun. */
  readonly plan: (members: readonly Member[]) => readonly Target[]
  readonly expectedIndex: LogIndex | undefined
  readonly force: boolean
  readonly deadline: number
}

interface UnderWay extends ChangeRequest {
  readonly term: Term
  readonly targets: readonly Target[]
  at: number
  /** The entry of the present target; undefined until it is appended. */
  index: LogIndex | undefined
  /** Something of it stands in the log. */
  appended: boolean
  progressAt: number
}

export class Changes {
  readonly #host: ChangesHost
  readonly #answers: Answers
  #change: UnderWay | undefined
  #refusal: MembershipRefusal | undefined

  constructor(host: ChangesHost, answers: Answers) {
    this.#host = host
    this.#answers = answers
  }

  /** @throws RaftError ERR_NOT_LEADER, ERR_MEMBERSHIP_CHANGED, ERR_MEMBERSHIP_REFUSED, ERR_INVALID_OPTION */
  begin(request: ChangeRequest): void {
    const { state, members } = this.#host
    if (state.role.role !== 'leader') throw refused('not-leader')
    if (this.isUnderWay) throw refused('under-way')
    const { index, members: now } = members.inForce
    if (request.expectedIndex !== undefined && request.expectedIndex !== index) throw refused('changed')
    const targets = request.plan(now)
    const began = { at: 0, index: undefined, appended: false, progressAt: Number.NEGATIVE_INFINITY }
    this.#change = { ...request, targets, term: state.currentTerm, ...began }
  }

  /** One at a time. */
  get isUnderWay(): boolean {
    return this.#change !== undefined || this.#host.state.configuration.outgoing !== undefined
  }

  /** Who is new in the configuration that is being appended, or at a new address. */
  get wanted(): Target {
    const change = this.#change
    return change?.targets[change.at] ?? new Map()
  }

  /** Consensus has refused. */
  refused(reason: MembershipRefusal): void {
    this.#refusal = reason
  }

  /** Once a turn: goes as far as it can. */
  run(): void {
    const change = this.#change
    if (change === undefined) return
    if (change.index !== undefined && !this.#isDone(change)) return this.#giveUpWithLeadership(change)
    if (change.index !== undefined) {
      change.index = undefined
      if (++change.at === change.targets.length) return this.#succeed(change)
    }
    const { role, currentTerm } = this.#host.state
    if (role.role !== 'leader' || currentTerm !== change.term) return this.#giveUpWithLeadership(change)
    this.#append(change)
  }

  /** The configuration in force is the one that was asked for, the joint phase is over, and it is committed. */
  #isDone(change: UnderWay): boolean {
    const { commitIndex, configurations, log, role, currentTerm } = this.#host.state
    const { index, configuration } = configurations.at(-1)!
    // Its entry may be compacted away by now; while it leads in that term nobody else's can have taken its place.
    const leads = role.role === 'leader' && currentTerm === change.term
    if (!leads && log.termAt(change.index!) !== change.term) return false
    return index >= change.index! && index <= commitIndex && configuration.outgoing === undefined
  }

  #append(change: UnderWay): void {
    const { state } = this.#host
    const target = change.targets[change.at]!
    // What is known of who leaves, its incarnation above all, must not be taken for what it is when it comes back.
    if ([...target.keys()].some((id) => this.#host.isLeaving(id))) return
    if (!this.#newVotersAreReady(change, target)) return
    if (this.#couldNotGoOn(change)) return this.#refuse(change, 'would-lose-quorum')
    const { force } = change
    const expectedIndex = change.at === 0 ? change.expectedIndex : undefined
    this.#refusal = undefined
    const members = { voters: idsOf(target, 'voter'), learners: idsOf(target, 'learner') }
    const now = this.#host.now()
    const before = state.log.lastIndex
    this.#host.step({ type: 'ChangeMembership', now, ...members, expectedIndex, force })
    const reason = this.#refusal as MembershipRefusal | undefined
    if (reason === undefined) {
      change.index = before + 1
      change.appended = true
    } else if (reason !== 'not-yet-committed' && reason !== 'not-caught-up') {
      this.#refuse(change, reason)
    }
  }

  /** What would be refused later is refused before anything of it stands in the log. */
  #couldNotGoOn({ at, targets, force }: UnderWay): boolean {
    const { state, members } = this.#host
    const { role, commitIndex } = state
    if (force || at > 0 || targets.length === 1) return false
    if (role.role !== 'leader' || commitIndex < role.firstIndex) return false
    const now = new Set(members.inForce.members.map(({ id }) => id))
    const voters = idsOf(targets.at(-1)!, 'voter')
    return !canDecide(state, role, voters, this.#host.now(), (id) => !now.has(id))
  }

  /** Nothing of it is in the log, or the learners of its first step. */
  #refuse(change: UnderWay, reason: MembershipRefusal): void {
    const error = refused(reason)
    this.#fail(change, change.appended ? unknown(error.message, error) : error)
  }

  /** Thesis §4.2.1: catching up, and telling how far it is. */
  #newVotersAreReady(change: UnderWay, target: Target): boolean {
    const { state, emit } = this.#host
    const { role, configuration, log, options } = state
    if (role.role !== 'leader') return false
    const now = this.#host.now()
    const behind = [...target.values()].filter(
      ({ id, role: wanted }) =>
        wanted === 'voter' && !configuration.voters.includes(id) && !isCaughtUp(state, role, id, now),
    )
    if (behind.length === 0) return true
    if (now - change.progressAt < options.heartbeatMs) return false
    change.progressAt = now
    for (const { id } of behind) {
      const matchIndex = role.followers.get(id)?.matchIndex ?? 0
      emit({ type: 'CatchUpProgress', follower: id, matchIndex, lastIndex: log.lastIndex })
    }
    return false
  }

  #giveUpWithLeadership(change: UnderWay): void {
    const { role, currentTerm } = this.#host.state
    if (role.role === 'leader' && currentTerm === change.term) return
    this.#fail(change, change.appended ? unknown('leadership was lost meanwhile') : refused('not-leader'))
  }

  #succeed(change: UnderWay): void {
    this.#change = undefined
    change.waiter.succeed(this.#host.members.inForce, this.#answers)
  }

  #fail({ waiter }: ChangeRequest, error: RaftError): void {
    this.#change = undefined
    waiter.fail(error, this.#answers)
  }

  /** The caller does not wait any longer: what is appended goes on. */
  giveUp(waiter: Waiter<Membership>, error: RaftError): void {
    const change = this.#change
    if (change?.waiter !== waiter) return
    this.#fail(change, change.appended ? unknown(error.message, error) : error)
  }

  /** Gives up what is past its deadline; returns the deadline that remains. */
  sweep(now: number): number {
    const change = this.#change
    if (change === undefined) return Number.POSITIVE_INFINITY
    if (change.deadline > now) return change.deadline
    this.giveUp(
      change.waiter,
      new RaftError('ERR_TIMEOUT', 'the members were not changed before the deadline'),
    )
    return Number.POSITIVE_INFINITY
  }

  stop(error: RaftError): void {
    if (this.#change !== undefined) this.giveUp(this.#change.waiter, error)
  }
}

function idsOf(target: Target, wanted: Member['role']): NodeId[] {
  return [...target.values()].filter(({ role }) => role === wanted).map(({ id }) => id)
}

function refused(reason: MembershipRefusal): RaftError {
  if (reason === 'not-leader') return new RaftError('ERR_NOT_LEADER', WHY[reason])
  if (reason === 'changed') return new RaftError('ERR_MEMBERSHIP_CHANGED', WHY[reason])
  if (reason === 'no-voters') return new RaftError('ERR_INVALID_OPTION', WHY[reason])
  return new RaftError('ERR_MEMBERSHIP_REFUSED', WHY[reason])
}

function unknown(why: string, cause?: RaftError): RaftError {
  const message = `the change of the members is in the log and may or may not be completed: ${why}. See status().members`
  return new RaftError('ERR_OUTCOME_UNKNOWN', message, cause === undefined ? undefined : { cause })
}
