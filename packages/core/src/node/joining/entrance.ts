// How a leader lets nodes in: by the same changes as `changeMembership` makes, one after the other, learners first.
import { leaderOf, type State } from '../../consensus/index.js'
import { isCaughtUp } from '../../consensus/membership-changes.js'
import type { NodeId } from '../../consensus/types.js'
import { RaftError } from '../../ports/errors.js'
import type { Member } from '../../ports/transport.js'
import type { Incarnation } from '../../wire/hello.js'
import type { JoinReply } from '../../wire/join-content.js'
import { type Answers, Waiter } from '../answers.js'
import type { Changes } from '../membership/changes.js'
import type { Members } from '../membership/members.js'
import type { Membership, RuntimeEvent } from '../types.js'
import { type Asked, judge, refuse, type Verdict } from './verdict.js'

/** A request waits this long for what it asks for; then its node is told to ask again. */
export const ENTER_MS_MAX = 5_000
/** A learner that was let in and has not answered within this time is removed again. */
export const REACH_MS_MAX = 10_000

const STOPS: JoinReply = { type: 'later', why: 'this node stops' }

export interface EntranceHost {
  readonly state: State
  readonly members: Members
  readonly changes: Changes
  readonly answers: Answers
  now(): number
  emit(event: RuntimeEvent): void
  /** @throws RaftError ERR_INVALID_OPTION */
  checkMember(member: Member): void
  /** Of a member that has said hello. */
  incarnationOf(id: NodeId): Incarnation | undefined
}

interface Guest {
  readonly id: NodeId
  readonly asked: Asked
  readonly deadline: number
  readonly settle: (reply: JoinReply) => void
}

export class Entrance {
  readonly #host: EntranceHost
  /** In order of arrival; a node that asks again gives its earlier request up. */
  #guests: Guest[] = []
  /** Learners that were let in here and have not answered yet, and since when. Nobody remembers them after the term. */
  readonly #letIn = new Map<NodeId, number>()
  /** The change that was begun here last. */
  #change: { readonly waiter: Waiter<Membership>; readonly deadline: number } | undefined
  #progressAt = Number.NEGATIVE_INFINITY
  /** There are no turns any more. */
  #stopped = false
  /** Asks for a turn: a change is over, the next one can begin. */
  onFree: (() => void) | undefined

  constructor(host: EntranceHost) {
    this.#host = host
  }

  /** Resolves with what `id` is told, in a turn to come: soon, or when it has what it asks for. */
  enter(id: NodeId, asked: Asked): Promise<JoinReply> {
    if (this.#stopped) return Promise.resolve(STOPS)
    return new Promise((settle) => {
      this.#settle((guest) => (guest.id === id ? later('it has asked again') : undefined))
      this.#guests.push({ id, asked, deadline: this.#host.now() + ENTER_MS_MAX, settle })
    })
  }

  stop(): void {
    this.#stopped = true
    this.#settle(() => STOPS)
  }

  /** Once a turn: goes as far as it can. */
  run(): void {
    this.#giveUpLate()
    if (this.#guests.length === 0 && this.#letIn.size === 0) return
    if (this.#host.state.role.role !== 'leader') {
      this.#letIn.clear()
      return this.#settle(() => this.#elsewhere())
    }
    const now = this.#host.now()
    this.#settle((guest) => (guest.deadline <= now ? later(whyLate(guest)) : undefined))
    if (this.#isChanging()) return
    for (const guest of [...this.#guests]) {
      const verdict = this.#judge(guest)
      if (verdict.type === 'reply') this.#settle((other) => (other === guest ? verdict.reply : undefined))
      else if (verdict.type === 'change') return this.#carryOut(guest, verdict.member)
    }
    this.#tellProgress(now)
    this.#removeUnreachable(now)
  }

  /** The configuration in force is to be committed before anything is made of it. */
  #isChanging(): boolean {
    const { changes, members, state } = this.#host
    return changes.isUnderWay || members.inForce.index > state.commitIndex
  }

  #judge({ id, asked }: Guest): Verdict {
    const { members, incarnationOf } = this.#host
    const { index, members: now } = members.inForce
    const member = now.find((other) => other.id === id)
    const incarnation = incarnationOf(id)
    const isReady = this.#isCaughtUp(id)
    const verdict = judge({ id, asked, member, index, count: now.length, incarnation, isCaughtUp: isReady })
    if (verdict.type !== 'change' || verdict.member === undefined) return verdict
    try {
      this.#host.checkMember(verdict.member)
      return verdict
    } catch (error) {
      return refuse('invalid-address', (error as Error).message)
    }
  }

  #isCaughtUp(id: NodeId): boolean {
    const { state } = this.#host
    return state.role.role === 'leader' && isCaughtUp(state, state.role, id, this.#host.now())
  }

  #carryOut({ id }: Guest, member: Member | undefined): void {
    const before = this.#host.members.inForce.members.find((other) => other.id === id)
    this.#begin(id, member, () => {
      if (member === undefined) return this.#givenUp(id, 'withdrawn')
      // It has moved, and is what it was.
      if (before?.role === member.role) return
      if (before === undefined) this.#letIn.set(id, this.#host.now())
      this.#host.emit({ type: 'Joined', peer: id, role: member.role === 'voter' ? 'voter' : 'learner' })
    })
  }

  #givenUp(peer: NodeId, reason: 'unreachable' | 'withdrawn'): void {
    this.#letIn.delete(peer)
    this.#host.emit({ type: 'JoinGivenUp', peer, reason })
  }

  /** `id` becomes `member`, or none. What fails is looked at anew in a later turn, for as long as somebody waits. */
  #begin(id: NodeId, member: Member | undefined, done: () => void): void {
    const { changes, answers } = this.#host
    const waiter = new Waiter<Membership>()
    const deadline = this.#host.now() + ENTER_MS_MAX
    this.#change = { waiter, deadline }
    waiter.promise
      .then(done, ({ message }: Error) => this.#failed(id, message))
      .finally(() => this.onFree?.())
    try {
      const plan = (members: readonly Member[]) => [replaced(members, id, member)]
      changes.begin({ waiter, plan, expectedIndex: undefined, force: false, deadline })
    } catch (error) {
      waiter.fail(error, answers)
    }
  }

  /** Whoever else wants to change the members must not wait for a learner that fell silent when its turn had come. */
  #giveUpLate(): void {
    const change = this.#change
    if (change === undefined || change.deadline > this.#host.now()) return
    this.#change = undefined
    if (change.waiter.settled) return
    this.#host.changes.giveUp(
      change.waiter,
      new RaftError('ERR_TIMEOUT', 'the members did not change in time'),
    )
  }

  #failed(id: NodeId, why: string): void {
    this.#settle((guest) => (guest.id === id ? later(why) : undefined))
  }

  #tellProgress(now: number): void {
    const { state, emit } = this.#host
    if (state.role.role !== 'leader' || now - this.#progressAt < state.options.heartbeatMs) return
    this.#progressAt = now
    for (const { id } of this.#guests) {
      const matchIndex = state.role.followers.get(id)?.matchIndex ?? 0
      emit({ type: 'CatchUpProgress', follower: id, matchIndex, lastIndex: state.log.lastIndex })
    }
  }

  /** Whoever has answered once is a learner like any other. */
  #removeUnreachable(now: number): void {
    const { role } = this.#host.state
    if (role.role !== 'leader') return
    for (const [id, since] of this.#letIn) {
      const follower = role.followers.get(id)
      if (follower === undefined || follower.contactAt !== undefined) this.#letIn.delete(id)
      else if (now - since > REACH_MS_MAX)
        return this.#begin(id, undefined, () => this.#givenUp(id, 'unreachable'))
    }
  }

  #settle(replyTo: (guest: Guest) => JoinReply | undefined): void {
    this.#guests = this.#guests.filter((guest) => {
      const reply = replyTo(guest)
      if (reply !== undefined) guest.settle(reply)
      return reply === undefined
    })
  }

  #elsewhere(): JoinReply {
    const { state, members } = this.#host
    const id = leaderOf(state)
    const leader = members.inForce.members.find((member) => member.id === id)
    if (leader === undefined) return later('no leader is known')
    return { type: 'elsewhere', leader: { id: leader.id, address: leader.address } }
  }
}

function replaced(
  members: readonly Member[],
  id: NodeId,
  member: Member | undefined,
): ReadonlyMap<NodeId, Member> {
  const target = new Map(members.map((other) => [other.id, other]))
  if (member === undefined) target.delete(id)
  else target.set(id, member)
  return target
}

function whyLate({ id, asked }: Guest): string {
  const isPromotion = asked.type === 'enter' && asked.role === 'voter'
  return isPromotion ? `${id} has not caught up yet` : 'it takes longer'
}

function later(why: string): JoinReply {
  return { type: 'later', why }
}
