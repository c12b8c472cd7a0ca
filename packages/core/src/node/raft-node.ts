// A member of a cluster: the public face of the runtime.
import { initialState } from '../consensus/index.js'
import { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StoredState } from '../ports/storage.js'
import type { Member, TransportHost } from '../ports/transport.js'
import { Aborts } from './aborts.js'
import { Admission } from './admission.js'
import { Answers, Waiter } from './answers.js'
import { Deadlines } from './deadlines.js'
import { EventStream } from './event-stream.js'
import { explain } from './explain/index.js'
import { Recall } from './explain/recall.js'
import { asRaftError } from './failures.js'
import { checkIdentity, consensusOptions, type Limits, leasesInHello, resolveLimits } from './options.js'
import { Outbox } from './outbox.js'
import { randomHex, randomNumber } from './random.js'
import type { Read } from './reads.js'
import { checkRead, encodeCommand } from './requests.js'
import { Runtime } from './runtime.js'
import { statusOf } from './status.js'
import { systemScheduler } from './system-scheduler.js'
import { transportHost } from './transport-host.js'
import type {
  EventOf,
  Explanation,
  LeaderJob,
  NodeEvent,
  NodeEventType,
  NodeOptions,
  NodeStatus,
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
  readonly #options: NodeOptions<Command, Result, State>
  readonly #limits: Limits
  readonly #scheduler: Scheduler
  readonly #stored: StoredState
  readonly #recall: Recall
  readonly #events: EventStream
  readonly #answers: Answers
  readonly #aborts = new Aborts()
  readonly #admission: Admission
  readonly #runtime: Runtime
  readonly #deadlines: Deadlines
  #address = ''
  /** Nothing is accepted any more; a leader hands over meanwhile. */
  #stopping: Promise<void> | undefined
  /** Nothing is sent or heard any more. */
  #shuttingDown: Promise<void> | undefined
  #resolveClosed!: (error: RaftError | undefined) => void

  /**
   * Opens the storage, listens, and joins the members as a follower. Resolves when others can connect; waits for
   * nobody.
   * @throws RaftError ERR_INVALID_OPTION, ERR_LISTEN, and what the storage's open throws
   */
  static async start<Command, Result, State>(
    options: NodeOptions<Command, Result, State>,
  ): Promise<RaftNode<Command, Result, State>> {
    checkIdentity(options as NodeOptions<never, unknown, unknown>)
    const limits = resolveLimits(options)
    const scheduler = options.scheduler ?? systemScheduler()
    const { clusterId, id: nodeId, members, storage } = options
    const incarnation = randomHex(scheduler, 8)
    const stored = await storage.open({ clusterId, nodeId, members, incarnation })
    let node: RaftNode<Command, Result, State> | undefined
    try {
      node = new RaftNode(options, limits, scheduler, stored)
      node.#address = await options.transport.listen(node.#transportHost(), stored.members)
      return node
    } catch (error) {
      await (node === undefined ? storage.close() : node.stop())
      throw error
    }
  }

  private constructor(
    options: NodeOptions<Command, Result, State>,
    limits: Limits,
    scheduler: Scheduler,
    stored: StoredState,
  ) {
    const { id, clusterId, transport } = options
    const { incarnation, members, hardState, runs, lastTimestamp } = stored
    this.id = id
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
    this.#options = options
    this.#limits = limits
    this.#scheduler = scheduler
    this.#stored = stored
    this.#recall = new Recall(id, () => scheduler.now())
    this.#events = new EventStream(
      id,
      () => scheduler.now(),
      (event) => this.#recall.note(event),
    )
    this.#answers = new Answers(scheduler)
    this.#admission = new Admission(
      id,
      clusterId,
      incarnation,
      members,
      leasesInHello(limits, options.leases),
    )
    const seed = randomNumber(scheduler, 4)
    this.#runtime = new Runtime({
      options: options as unknown as NodeOptions<unknown, unknown, unknown>,
      limits,
      state: initialState(id, consensusOptions(limits, options), seed),
      scheduler,
      outbox: new Outbox(transport, incarnation),
      events: this.#events,
      answers: this.#answers,
      lastTimestamp,
      failed: (cause) => void this.#failStop(cause),
    })
    this.#deadlines = new Deadlines(scheduler, (now) =>
      Math.min(
        this.#runtime.proposals.sweep(now),
        this.#runtime.reads.sweep(now),
        this.#runtime.transfer.sweep(now),
      ),
    )
    const configuration = { voters: members.map((member) => member.id) }
    this.#runtime.receive({ type: 'Recover', now: 0, hardState, runs, configuration })
  }

  /**
   * Proposes a command and resolves with what applying it returned. On any member: a follower passes it to the leader;
   * while there is none it waits. Applied once; when that cannot be known, ERR_OUTCOME_UNKNOWN.
   * @throws RaftError ERR_COMMAND_REJECTED, ERR_OUTCOME_UNKNOWN, and certainly not applied: ERR_INVALID_COMMAND,
   * ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED
   */
  propose(command: Command, options: RequestOptions = {}): Promise<Result> {
    return this.#submit(command, options, false) as Promise<Result>
  }

  /** `propose`, telling also where the command stands in the log. */
  proposeWithReceipt(command: Command, options: RequestOptions = {}): Promise<Receipt<Result>> {
    return this.#submit(command, options, true) as Promise<Receipt<Result>>
  }

  /** One promise a proposal: at a hundred thousand a second a second one is felt. */
  #submit(command: Command, options: RequestOptions, wantsReceipt: boolean): Promise<unknown> {
    try {
      const deadline = this.#deadline(options)
      const payload = encodeCommand(this.#options.stateMachine.codec, command)
      const proposal = this.#runtime.proposals.add(payload, deadline, wantsReceipt)
      this.#deadlines.note(deadline)
      this.#onAbort(options.signal, proposal.waiter, (cause) =>
        this.#runtime.proposals.abort(proposal, cause),
      )
      this.#runtime.wake()
      return proposal.waiter.promise
    } catch (error) {
      return this.#refuse(error)
    }
  }

  /**
   * Runs `query` on this node's state and resolves with what it returns. The query is synchronous and changes nothing.
   * Linearizable unless told otherwise, on any member.
   * @throws RaftError ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED; whatever `query` throws
   */
  read<Answer>(query: (state: State) => Answer, options: ReadOptions = {}): Promise<Answer> {
    try {
      const { consistency, minIndex } = checkRead(options)
      if (consistency === 'lease' && this.#options.leases === undefined)
        throw new RaftError('ERR_INVALID_OPTION', 'lease reads need the leases option, on all members')
      const deadline = this.#deadline(options)
      const state = this.#runtime.machineState as State
      const read: Read = { waiter: new Waiter(), query: () => query(state), deadline, minIndex, consistency }
      this.#runtime.reads.add(read)
      this.#deadlines.note(deadline)
      this.#onAbort(options.signal, read.waiter, (cause) =>
        this.#runtime.reads.giveUp(read, new RaftError('ERR_ABORTED', 'aborted by the caller', { cause })),
      )
      this.#runtime.wake()
      return read.waiter.promise as Promise<Answer>
    } catch (error) {
      return this.#refuse(error)
    }
  }

  /**
   * Hands leadership to `to`, or to the voter that has most of the log, and resolves with who leads then (thesis
   * §3.10). Meanwhile this leader takes no requests: they wait. When the successor does not take over within an
   * election timeout, this node goes on leading. Called on the leader.
   * @throws RaftError ERR_NOT_LEADER, ERR_TRANSFER_FAILED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED, ERR_INVALID_OPTION
   */
  transferLeadership(to?: string, options: RequestOptions = {}): Promise<string> {
    try {
      if (to !== undefined && (to === this.id || !this.members.some(({ id }) => id === to)))
        throw new RaftError('ERR_INVALID_OPTION', `${to} is not another member`)
      return this.#handOver(to, this.#deadline(options), options.signal)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  #handOver(to: string | undefined, deadline: number, signal?: AbortSignal): Promise<string> {
    const { state, transfer } = this.#runtime
    const waiter = new Waiter<string>()
    transfer.begin({ waiter, from: this.id, to, term: state.currentTerm, deadline })
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
    waiter.fail(error, this.#answers)
    return waiter.promise
  }

  /** Checks what every request has in common. */
  #deadline({ timeoutMs = this.#limits.requestTimeoutMs, signal }: RequestOptions): number {
    if (this.#stopping !== undefined) throw new RaftError('ERR_STOPPED', `node ${this.id} is stopped`)
    if (!(timeoutMs > 0))
      throw new RaftError('ERR_INVALID_OPTION', `timeoutMs must be positive, not ${timeoutMs}`)
    if (signal?.aborted)
      throw new RaftError('ERR_ABORTED', 'aborted before it began', { cause: signal.reason })
    return this.#scheduler.now() + timeoutMs
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

  /** What this node knows right now. */
  status(): NodeStatus {
    const { clusterId } = this.#options
    const { incarnation, members } = this.#stored
    const identity = { clusterId, incarnation, members, address: this.#address }
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
    return explain(this.#runtime, this.#recall, this.#scheduler.now(), this.#stopping !== undefined)
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
    this.#stopping ??= transfer ? this.#handOverAndShutDown() : this.#shutDown(undefined)
    if (!transfer) void this.#shutDown(undefined)
    return this.#stopping
  }

  async #handOverAndShutDown(): Promise<void> {
    const { state, transfer } = this.#runtime
    if (state.role.role === 'leader' && state.configuration.voters.length > 1) {
      const deadline = this.#scheduler.now() + this.#limits.electionTimeoutMsMax
      this.#deadlines.note(deadline)
      // Whoever cannot hand over stops all the same: the others will hold an election.
      try {
        await (transfer.hurry(deadline) ?? this.#handOver(undefined, deadline))
      } catch {}
    }
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
    this.#deadlines.stop()
    this.#runtime.leadership.stop(new RaftError('ERR_STOPPED', why, { cause: error }))
    this.#runtime.proposals.stop(why, error)
    const stopped = new RaftError('ERR_STOPPED', why, { cause: error })
    this.#runtime.reads.stop(stopped)
    this.#runtime.transfer.giveUp(stopped)
    // The transport first: a disk that hangs must not keep the node on the network.
    const closeTransport = async (): Promise<void> => this.#options.transport.close()
    const closeStorage = async (): Promise<void> => {
      await this.#runtime.stop()
      await this.#options.storage.close()
    }
    const closings = await Promise.allSettled([closeTransport(), closeStorage()])
    // What failed may fail to close too: the first error is the one that tells.
    const failed = closings.find((closing) => closing.status === 'rejected')
    const reported = error ?? (failed === undefined ? undefined : asRaftError(failed.reason))
    this.#events.emit({ type: 'Stopped', error: reported })
    this.#events.close()
    this.#resolveClosed(reported)
  }

  #transportHost(): TransportHost {
    return transportHost({
      id: this.id,
      storage: this.#options.storage,
      admission: this.#admission,
      events: this.#events,
      runtime: this.#runtime,
      isStopped: () => this.#shuttingDown !== undefined,
      failStop: (error) => void this.#failStop(error),
    })
  }

  /** The members this node was started with, or found in its storage. */
  get members(): readonly Member[] {
    return this.#stored.members
  }
}
