// A member of a cluster: the public face of the runtime.
import { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StoredState } from '../ports/storage.js'
import type { Member, TransportHost } from '../ports/transport.js'
import { hex } from '../wire/bytes.js'
import type { Admission } from './admission.js'
import { assemble } from './assemble.js'
import { closeBoth } from './close-both.js'
import { EventStream } from './event-stream.js'
import { explain } from './explain/index.js'
import { Recall } from './explain/recall.js'
import { asRaftError } from './failures.js'
import type { FrontDesk } from './front-desk.js'
import { Joining } from './joining/joining.js'
import { selfOf } from './joining/self.js'
import { checkIdentity, type Limits, resolveLimits } from './options.js'
import { type Machine, type Recovered, recover } from './recover.js'
import type { Runtime } from './runtime.js'
import { statusOf } from './status.js'
import { systemScheduler } from './system-scheduler.js'
import type {
  EventOf,
  Explanation,
  LeaderJob,
  Membership,
  MembershipChange,
  NodeEvent,
  NodeEventType,
  NodeOptions,
  NodeStatus,
  OpenSessionOptions,
  ProposeOptions,
  ReadOptions,
  Receipt,
  RequestOptions,
  StopOptions,
} from './types.js'
import { whileLeader } from './while-leader.js'

export class RaftNode<Command, Result, State> {
  readonly id: string
  /** Resolves when the node has stopped: undefined after `stop`, the error after a fail stop. */
  readonly closed: Promise<RaftError | undefined>
  /**
   * Resolves when the node has the role that `join.via` asked for; rejects when that was given up (ERR_TIMEOUT, ERR_ABORTED,
   * ERR_JOIN_REFUSED, ERR_STOPPED), or with what the node failed with. Resolved for nodes that did not ask.
   */
  readonly joined: Promise<undefined>
  readonly #options: NodeOptions<Command, Result, State>
  readonly #scheduler: Scheduler
  readonly #stored: StoredState
  readonly #recall: Recall
  readonly #events: EventStream
  readonly #admission: Admission
  readonly #runtime: Runtime
  readonly #desk: FrontDesk
  readonly #host: TransportHost
  readonly #joining: Joining
  #address = ''
  /** Nothing is accepted any more; a leader hands over meanwhile. */
  #stopping: Promise<void> | undefined
  /** Nothing is sent or heard any more. */
  #shuttingDown: Promise<void> | undefined
  #resolveClosed!: (error: RaftError | undefined) => void

  /**
   * Opens the storage, listens, and joins the members as a follower. Resolves when others can connect; waits for
   * nobody, except with `join.via`: until the cluster has let it in as a learner. The state machine has the state of the
   * newest snapshot by then.
   * @throws RaftError ERR_INVALID_OPTION, ERR_LISTEN, ERR_STATE_MACHINE, what the storage's open throws; with `join.via` also
   * ERR_JOIN_REFUSED, ERR_TIMEOUT, ERR_ABORTED, and what the node fails with meanwhile
   */
  static async start<Command, Result, State>(
    options: NodeOptions<Command, Result, State>,
  ): Promise<RaftNode<Command, Result, State>> {
    checkIdentity(options as NodeOptions<never, unknown, unknown>)
    const limits = resolveLimits(options)
    const scheduler = options.scheduler ?? systemScheduler()
    const { id: nodeId, storage } = options
    const joining = new Joining(options as unknown as NodeOptions<unknown, unknown, unknown>, scheduler)
    const stored = await joining.open(hex(scheduler.randomBytes(8)))
    let node: RaftNode<Command, Result, State> | undefined
    try {
      const machine = options.stateMachine.create() as Machine
      const recovered = await recover(storage, stored, machine, scheduler)
      node = new RaftNode(options, limits, scheduler, recovered, joining)
      const { everybody } = node.#runtime.membership
      node.#admission.address = everybody.find((member) => member.id === nodeId)?.address ?? ''
      node.#address = await options.transport.listen(node.#host, everybody)
      node.#admission.address = node.#address
      await joining.enter(selfOf(node.status(), node.#admission, node.#runtime, node.#events))
      return node
    } catch (error) {
      await joining.withdraw()
      await (node === undefined ? storage.close() : node.stop())
      throw error
    }
  }

  private constructor(
    options: NodeOptions<Command, Result, State>,
    limits: Limits,
    scheduler: Scheduler,
    recovered: Recovered,
    joining: Joining,
  ) {
    const { id } = options
    this.id = id
    this.#joining = joining
    this.joined = joining.joined
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#options = options
    this.#scheduler = scheduler
    this.#stored = recovered.stored
    const now = (): number => scheduler.now()
    this.#recall = new Recall(id, now)
    this.#events = new EventStream(id, now, (event) => this.#recall.note(event))
    const { admission, runtime, desk, host } = assemble(
      options as unknown as NodeOptions<unknown, unknown, unknown>,
      {
        limits,
        scheduler,
        recovered,
        events: this.#events,
        isStopped: () => this.#shuttingDown !== undefined,
        failed: (cause) => void this.#failStop(cause),
      },
    )
    this.#admission = admission
    this.#runtime = runtime
    this.#desk = desk
    this.#host = host
    runtime.receive(recovered.input)
  }

  /**
   * Proposes a command and resolves with what applying it returned. On any member: a follower passes it to the leader;
   * while there is none it waits. Applied exactly once, whatever fails and however often it has to be repeated on the
   * way; when it is given up before its outcome is known, ERR_OUTCOME_UNKNOWN.
   * @throws RaftError ERR_COMMAND_REJECTED, ERR_OUTCOME_UNKNOWN, and certainly not applied by this call:
   * ERR_INVALID_COMMAND, ERR_INVALID_OPTION, ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED, ERR_SESSION_EXPIRED
   */
  propose(command: Command, options: ProposeOptions = {}): Promise<Result> {
    return this.#desk.propose(command, options, false) as Promise<Result>
  }

  /** `propose`, telling also where in the log the command was applied. */
  proposeWithReceipt(command: Command, options: ProposeOptions = {}): Promise<Receipt<Result>> {
    return this.#desk.propose(command, options, true) as Promise<Receipt<Result>>
  }

  /**
   * Opens a client session (thesis §6.3) and resolves with its id, which every member knows. Commands that are proposed
   * with it and a sequence of the caller's own are applied once even when the caller restarts in between. A call that
   * failed may be repeated: a session that nobody uses expires.
   * @throws RaftError ERR_INVALID_OPTION, ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED
   */
  openSession(options: OpenSessionOptions = {}): Promise<number> {
    return this.#desk.openSession(options)
  }

  /**
   * Runs `query` on this node's state and resolves with what it returns. The query is synchronous and changes nothing.
   * Linearizable unless told otherwise, on any member.
   * @throws RaftError ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED; whatever `query` throws
   */
  read<Answer>(query: (state: State) => Answer, options: ReadOptions = {}): Promise<Answer> {
    return this.#desk.read(query as (state: unknown) => unknown, options) as Promise<Answer>
  }

  /**
   * Hands leadership to `to`, or to the voter that has most of the log, and resolves with who leads then (thesis
   * §3.10). Meanwhile this leader takes no requests: they wait. When the successor does not take over within an
   * election timeout, this node goes on leading. Called on the leader.
   * @throws RaftError ERR_NOT_LEADER, ERR_TRANSFER_FAILED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED, ERR_INVALID_OPTION
   */
  transferLeadership(to?: string, options: RequestOptions = {}): Promise<string> {
    return this.#desk.transferLeadership(to, options)
  }

  /**
   * Changes the members (Raft §6), any number at once, and resolves with who they are when that is committed. New voters
   * get the log first, as learners (events CatchUpProgress; give them time by `timeoutMs`). A removed node stops with
   * ERR_REMOVED, the leader too. Called on the leader.
   * @throws RaftError ERR_NOT_LEADER, ERR_MEMBERSHIP_CHANGED, ERR_MEMBERSHIP_REFUSED, ERR_OUTCOME_UNKNOWN, ERR_TIMEOUT,
   * ERR_ABORTED, ERR_STOPPED, ERR_INVALID_OPTION
   */
  changeMembership(change: MembershipChange, options: RequestOptions = {}): Promise<Membership> {
    return this.#desk.changeMembership(change, options)
  }

  /**
   * Runs `job` each time this node has become the leader, once it has applied its term's no-op; one at a time, the next
   * when the one before has settled. Its signal fires at once when that term's leadership ends. Resolves when `signal`
   * fires or the node stops, after the job that runs has settled. What a job throws ends it: the promise rejects with
   * that, except with what an aborted job throws because of its signal (the signal's reason, an AbortError).
   */
  whileLeader(job: LeaderJob, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return whileLeader(this.#runtime.leadership, this.#scheduler, job, options.signal)
  }

  /**
   * Takes a snapshot of everything that is applied here, and resolves with the last index in it once it is durable. The
   * log before it is discarded then, but for snapshotTrailingBytes. Snapshots are also taken without being asked for.
   * @throws RaftError ERR_STATE_MACHINE when the state cannot be written; ERR_STOPPED
   */
  takeSnapshot(): Promise<number> {
    return this.#desk.takeSnapshot()
  }

  /** What this node knows right now. */
  status(): NodeStatus {
    const { clusterId } = this.#options
    const { incarnation } = this.#stored
    const { members, index: membersIndex } = this.#runtime.membership.inForce
    const identity = { clusterId, incarnation, members, membersIndex, address: this.#address }
    return statusOf(
      this.#runtime,
      this.#stored,
      identity,
      this.#scheduler.now(),
      this.#stopping !== undefined,
    )
  }

  /**
   * What keeps this node from going on, in words, causes first: why there is no leader, whose votes were refused, who
   * cannot be reached, what is not committed or applied, what requests wait for. Empty when nothing does.
   */
  explain(): Explanation[] {
    const waits = this.#joining.explain()
    return [
      ...waits,
      ...explain(this.#runtime, this.#recall, this.#scheduler.now(), this.#stopping !== undefined),
    ]
  }

  /** Every event from this call on, until the node stops or `signal` fires. */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<NodeEvent, void, undefined> {
    return this.#events.iterate(options.signal)
  }

  /** Calls `listener` with each event of a type; the returned function ends that. */
  on<Type extends NodeEventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    return this.#events.on(type, listener)
  }

  /**
   * Stops: a leader hands over first, for an election timeout at most, unless `transfer` is false; then every open
   * request is answered, transport and storage are closed. Idempotent; called again with `transfer` false it does not wait
   * for the handing over any longer.
   */
  stop({ transfer = true }: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(transfer)
    if (!transfer) void this.#shutDown(undefined)
    return this.#stopping
  }

  async #stop(transfer: boolean): Promise<void> {
    this.#desk.closed = true
    if (transfer) await this.#desk.handOver()
    await this.#shutDown(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #failStop(cause: unknown): Promise<void> {
    const closed = this.#shutDown(asRaftError(cause))
    this.#stopping ??= closed
    await closed
  }

  #shutDown(error: RaftError | undefined): Promise<void> {
    this.#shuttingDown ??= this.#close(error)
    return this.#shuttingDown
  }

  async #close(error: RaftError | undefined): Promise<void> {
    const why = error === undefined ? 'the node was stopped' : `the node failed: ${error.message}`
    this.#joining.stop(error ?? new RaftError('ERR_STOPPED', why))
    this.#desk.stop(why, error)
    const reported = await closeBoth(this.#options.transport, this.#options.storage, this.#runtime, error)
    this.#events.emit({ type: 'Stopped', error: reported })
    this.#events.close()
    this.#resolveClosed(reported)
  }

  /** The members of the configuration in force, as far as this node knows. */
  get members(): readonly Member[] {
    return this.#runtime.membership.inForce.members
  }
}
