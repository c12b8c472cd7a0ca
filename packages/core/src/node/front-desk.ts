// Takes the requests of this node's callers: each is checked, gets a deadline and a place in the runtime, and is answered.
import type { LogIndex, NodeId } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { Member } from '../ports/transport.js'
import { Aborts } from './aborts.js'
import { type Answers, Waiter } from './answers.js'
import { Deadlines } from './deadlines.js'
import { planChange } from './membership/plan.js'
import type { Limits } from './options.js'
import type { Request } from './proposal.js'
import type { Read } from './reads.js'
import type { Machine } from './recover.js'
import { checkRead, checkSession, checkTtl, encodeCommand } from './request-options.js'
import type { Runtime } from './runtime.js'
import type {
  Membership,
  MembershipChange,
  NodeOptions,
  OpenSessionOptions,
  ProposeOptions,
  ReadOptions,
  RequestOptions,
} from './types.js'

export interface FrontDeskParts {
  readonly options: Pick<
    NodeOptions<unknown, unknown, unknown>,
    'id' | 'leases' | 'stateMachine' | 'transport'
  >
  readonly limits: Limits
  readonly scheduler: Scheduler
  readonly answers: Answers
  readonly runtime: Runtime
  readonly machine: Machine
}

export class FrontDesk {
  readonly #parts: FrontDeskParts
  readonly #runtime: Runtime
  readonly #aborts = new Aborts()
  readonly #deadlines: Deadlines
  /** Nothing is accepted any more. */
  closed = false

  constructor(parts: FrontDeskParts) {
    const { scheduler, runtime } = parts
    this.#parts = parts
    this.#runtime = runtime
    const { proposals, reads, transfer } = runtime
    this.#deadlines = new Deadlines(scheduler, (now) =>
      Math.min(
        proposals.sweep(now),
        reads.sweep(now),
        transfer.sweep(now),
        runtime.membership.changes.sweep(now),
      ),
    )
  }

  /** One promise a proposal: at a hundred thousand a second a second one is felt. */
  propose(command: unknown, options: ProposeOptions, wantsReceipt: boolean): Promise<unknown> {
    try {
      const { session } = options
      const deadline = this.#deadline(options)
      if (session !== undefined) checkSession(session)
      const payload = encodeCommand(this.#parts.options.stateMachine.codec, command)
      return this.#waitFor(this.#runtime.proposals.add(payload, deadline, wantsReceipt, session), options)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  openSession(options: OpenSessionOptions): Promise<number> {
    const { ttlMs = Math.ceil(this.#parts.limits.sessionTtlMs) } = options
    try {
      const deadline = this.#deadline(options)
      checkTtl(ttlMs)
      const request = this.#runtime.proposals.openSession(ttlMs, deadline)
      return this.#waitFor(request, options) as Promise<number>
    } catch (error) {
      return this.#refuse(error)
    }
  }

  #waitFor(request: Request, { signal }: RequestOptions): Promise<unknown> {
    this.#deadlines.note(request.deadline)
    this.#onAbort(signal, request, (cause) => this.#runtime.proposals.abort(request, cause))
    this.#runtime.wake()
    return request.promise
  }

  read(query: (state: unknown) => unknown, options: ReadOptions): Promise<unknown> {
    try {
      const { consistency, minIndex } = checkRead(options)
      if (consistency === 'lease' && this.#parts.options.leases === undefined)
        throw new RaftError('ERR_INVALID_OPTION', 'lease reads need the leases option, on all members')
      const deadline = this.#deadline(options)
      const { reads } = this.#runtime
      const read: Read = {
        waiter: new Waiter(),
        query: () => query(this.#parts.machine.state),
        deadline,
        minIndex,
        consistency,
      }
      reads.add(read)
      this.#deadlines.note(deadline)
      this.#onAbort(options.signal, read.waiter, (cause) =>
        reads.giveUp(read, new RaftError('ERR_ABORTED', 'aborted by the caller', { cause })),
      )
      this.#runtime.wake()
      return read.waiter.promise
    } catch (error) {
      return this.#refuse(error)
    }
  }

  transferLeadership(to: NodeId | undefined, options: RequestOptions): Promise<NodeId> {
    try {
      const { options: node } = this.#parts
      const { members } = this.#runtime.membership.inForce
      if (to !== undefined && (to === node.id || !members.some(({ id }) => id === to)))
        throw new RaftError('ERR_INVALID_OPTION', `${to} is not another member`)
      return this.#handOver(to, this.#deadline(options), options.signal)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  changeMembership(change: MembershipChange, options: RequestOptions): Promise<Membership> {
    try {
      const deadline = this.#deadline(options)
      const { changes } = this.#runtime.membership
      const waiter = new Waiter<Membership>()
      const { expectedIndex, force = false } = change
      for (const member of change.add ?? []) this.#parts.options.transport.checkMember?.(member)
      const plan = (members: readonly Member[]) => planChange(members, change)
      changes.begin({ waiter, plan, expectedIndex, force, deadline })
      this.#deadlines.note(deadline)
      this.#onAbort(options.signal, waiter, (cause) =>
        changes.giveUp(waiter, new RaftError('ERR_ABORTED', 'aborted by the caller', { cause })),
      )
      this.#runtime.wake()
      return waiter.promise
    } catch (error) {
      return this.#refuse(error)
    }
  }

  /** Before it stops: to whoever can take over within an election timeout. Never rejects. */
  async handOver(): Promise<void> {
    const { scheduler, limits } = this.#parts
    const { role, configuration } = this.#runtime.state
    if (role.role !== 'leader' || configuration.voters.every((id) => id === this.#parts.options.id)) return
    const deadline = scheduler.now() + limits.electionTimeoutMsMax
    this.#deadlines.note(deadline)
    try {
      await (this.#runtime.transfer.hurry(deadline) ?? this.#handOver(undefined, deadline, undefined))
    } catch {
      // Whoever cannot hand over stops all the same: the others will hold an election.
    }
  }

  async takeSnapshot(): Promise<LogIndex> {
    if (this.closed) return this.#refuse(this.#stopped)
    return this.#runtime.snapshots.take()
  }

  get #stopped(): RaftError {
    return new RaftError('ERR_STOPPED', `node ${this.#parts.options.id} is stopped`)
  }

  #handOver(to: NodeId | undefined, deadline: number, signal: AbortSignal | undefined): Promise<NodeId> {
    const { state, transfer } = this.#runtime
    const waiter = new Waiter<NodeId>()
    transfer.begin({ waiter, from: state.id, to, term: state.currentTerm, deadline })
    this.#deadlines.note(deadline)
    this.#onAbort(signal, waiter, (cause) =>
      transfer.giveUp(new RaftError('ERR_ABORTED', 'aborted by the caller', { cause })),
    )
    this.#runtime.receive({ type: 'TransferLeadership', now: 0, to })
    return waiter.promise
  }

  /** Listens to the caller's signal for as long as the request is open. */
  #onAbort(
    signal: AbortSignal | undefined,
    waiter: { onSettled: (() => void) | undefined },
    abort: (cause: unknown) => void,
  ): void {
    if (signal !== undefined) waiter.onSettled = this.#aborts.watch(signal, abort)
  }

  /** A refusal is an answer too: a caller who tries again at once must not keep sockets and timers from their turn. */
  #refuse(error: unknown): Promise<never> {
    const waiter = new Waiter<never>()
    waiter.fail(error, this.#parts.answers)
    return waiter.promise
  }

  /** Checks what every request has in common. */
  #deadline({ timeoutMs = this.#parts.limits.requestTimeoutMs, signal }: RequestOptions): number {
    const { scheduler } = this.#parts
    if (this.closed) throw this.#stopped
    if (!(timeoutMs > 0))
      throw new RaftError('ERR_INVALID_OPTION', `timeoutMs must be positive, not ${timeoutMs}`)
    if (signal?.aborted)
      throw new RaftError('ERR_ABORTED', 'aborted before it began', { cause: signal.reason })
    return scheduler.now() + timeoutMs
  }

  /** Answers everything that is open. */
  stop(why: string, error: RaftError | undefined): void {
    this.closed = true
    this.#deadlines.stop()
    const stopped = new RaftError('ERR_STOPPED', why, { cause: error })
    this.#runtime.leadership.stop(stopped)
    this.#runtime.proposals.stop(why, error)
    this.#runtime.reads.stop(stopped)
    this.#runtime.transfer.giveUp(stopped)
    this.#runtime.membership.changes.stop(stopped)
    this.#runtime.membership.entrance.stop()
    this.#runtime.snapshots.stop(stopped)
  }
}
