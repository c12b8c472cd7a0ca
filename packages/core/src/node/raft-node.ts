// A member of a cluster: the public face of the runtime.
import { initialState } from '../consensus/index.js'
import { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { StoredState } from '../ports/storage.js'
import type { Member, TransportHost } from '../ports/transport.js'
import { hex } from '../wire/bytes.js'
import { Aborts } from './aborts.js'
import { Admission } from './admission.js'
import { Answers, Waiter } from './answers.js'
import { asRaftError } from './as-raft-error.js'
import { Deadlines } from './deadlines.js'
import { EventStream } from './event-stream.js'
import { checkIdentity, consensusOptions, type Limits, resolveLimits } from './options.js'
import { Outbox } from './outbox.js'
import type { Request } from './proposal.js'
import type { Read } from './reads.js'
import { checkRead, checkSession, checkTtl, encodeCommand } from './request-options.js'
import { Runtime } from './runtime.js'
import { statusOf } from './status.js'
import { systemScheduler } from './system-scheduler.js'
import { transportHost } from './transport-host.js'
import type {
  EventOf,
  NodeEvent,
  NodeEventType,
  NodeOptions,
  NodeStatus,
  OpenSessionOptions,
  ProposeOptions,
  ReadOptions,
  Receipt,
  RequestOptions,
} from './types.js'

export class RaftNode<Command, Result, State> {
  readonly id: string
  /** Resolves when the node has stopped: undefined after `stop`, the error after a fail stop. */
  readonly closed: Promise<RaftError | undefined>
  readonly #options: NodeOptions<Command, Result, State>
  readonly #limits: Limits
  readonly #scheduler: Scheduler
  readonly #stored: StoredState
  readonly #events: EventStream
  readonly #answers: Answers
  readonly #aborts = new Aborts()
  readonly #admission: Admission
  readonly #runtime: Runtime
  readonly #deadlines: Deadlines
  #address = ''
  #stopping: Promise<void> | undefined
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
    const incarnation = hex(scheduler.randomBytes(8))
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
    this.#events = new EventStream(id, () => scheduler.now())
    this.#answers = new Answers(scheduler)
    this.#admission = new Admission(id, clusterId, incarnation, members)
    const seed = scheduler.randomBytes(4).reduce((number, byte) => number * 256 + byte, 0)
    this.#runtime = new Runtime({
      options: options as unknown as NodeOptions<unknown, unknown, unknown>,
      limits,
      state: initialState(id, consensusOptions(limits), seed),
      scheduler,
      outbox: new Outbox(transport, incarnation),
      events: this.#events,
      answers: this.#answers,
      lastTimestamp,
      recoveredTerm: hardState.currentTerm,
      failed: (cause) => void this.#failStop(cause),
    })
    this.#deadlines = new Deadlines(scheduler, (now) =>
      Math.min(this.#runtime.proposals.sweep(now), this.#runtime.reads.sweep(now)),
    )
    const configuration = { voters: members.map((member) => member.id) }
    this.#runtime.receive({ type: 'Recover', now: 0, hardState, runs, configuration })
  }

  /**
   * Proposes a command and resolves with what applying it returned. On any member: a follower passes it to the leader;
   * while there is none it waits. Applied exactly once, whatever fails and however often it has to be repeated on the
   * way; when it is given up before its outcome is known, ERR_OUTCOME_UNKNOWN.
   * @throws RaftError ERR_COMMAND_REJECTED, ERR_OUTCOME_UNKNOWN, and certainly not applied by this call:
   * ERR_INVALID_COMMAND, ERR_INVALID_OPTION, ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED, ERR_SESSION_EXPIRED
   */
  propose(command: Command, options: ProposeOptions = {}): Promise<Result> {
    return this.#submit(command, options, false) as Promise<Result>
  }

  /** `propose`, telling also where in the log the command was applied. */
  proposeWithReceipt(command: Command, options: ProposeOptions = {}): Promise<Receipt<Result>> {
    return this.#submit(command, options, true) as Promise<Receipt<Result>>
  }

  /** One promise a proposal: at a hundred thousand a second a second one is felt. */
  #submit(command: Command, options: ProposeOptions, wantsReceipt: boolean): Promise<unknown> {
    try {
      const { session } = options
      const deadline = this.#deadline(options)
      if (session !== undefined) checkSession(session)
      const payload = encodeCommand(this.#options.stateMachine.codec, command)
      return this.#waitFor(this.#runtime.proposals.add(payload, deadline, wantsReceipt, session), options)
    } catch (error) {
      return this.#refuse(error)
    }
  }

  /**
   * Opens a client session (thesis §6.3) and resolves with its id, which every member knows. Commands that are proposed
   * with it and a sequence of the caller's own are applied once even when the caller restarts in between. A call that
   * failed may be repeated: a session that nobody uses expires.
   * @throws RaftError ERR_INVALID_OPTION, ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED
   */
  openSession(options: OpenSessionOptions = {}): Promise<number> {
    const { ttlMs = Math.ceil(this.#limits.sessionTtlMs) } = options
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

  /**
   * Runs `query` on this node's state and resolves with what it returns. The query is synchronous and changes nothing.
   * Linearizable unless told otherwise, on any member.
   * @throws RaftError ERR_OVERLOADED, ERR_TIMEOUT, ERR_ABORTED, ERR_STOPPED; whatever `query` throws
   */
  read<Answer>(query: (state: State) => Answer, options: ReadOptions = {}): Promise<Answer> {
    try {
      checkRead(options)
      const { consistency = 'linearizable', minIndex = 0, signal } = options
      const deadline = this.#deadline(options)
      const state = this.#runtime.machineState as State
      const read: Read = { waiter: new Waiter(), query: () => query(state), deadline, minIndex }
      this.#runtime.reads.add(read, consistency === 'linearizable')
      this.#deadlines.note(deadline)
      this.#onAbort(signal, read.waiter, (cause) =>
        this.#runtime.reads.giveUp(read, new RaftError('ERR_ABORTED', 'aborted by the caller', { cause })),
      )
      this.#runtime.wake()
      return read.waiter.promise as Promise<Answer>
    } catch (error) {
      return this.#refuse(error)
    }
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

  /** What this node knows right now. */
  status(): NodeStatus {
    const { clusterId } = this.#options
    const { incarnation, members } = this.#stored
    const identity = { clusterId, incarnation, members, address: this.#address }
    return statusOf(this.#runtime, identity, this.#scheduler.now(), this.#stopping !== undefined)
  }

  /** Every event from this call on, until the node stops or `signal` fires. */
  events(options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<NodeEvent, void, undefined> {
    return this.#events.iterate(options.signal)
  }

  /** Calls `listener` with each event of a type; the returned function ends that. */
  on<Type extends NodeEventType>(type: Type, listener: (event: EventOf<Type>) => void): () => void {
    return this.#events.on(type, listener)
  }

  /** Stops: answers every open request, closes transport and storage. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown(undefined)
    return this.#stopping
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #failStop(cause: unknown): Promise<void> {
    this.#stopping ??= this.#shutDown(asRaftError(cause))
    await this.#stopping
  }

  async #shutDown(error: RaftError | undefined): Promise<void> {
    const why = error === undefined ? 'the node was stopped' : `the node failed: ${error.message}`
    this.#deadlines.stop()
    this.#runtime.proposals.stop(why, error)
    this.#runtime.reads.stop(new RaftError('ERR_STOPPED', why, { cause: error }))
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
      isStopped: () => this.#stopping !== undefined,
      failStop: (error) => void this.#failStop(error),
    })
  }

  /** The members this node was started with, or found in its storage. */
  get members(): readonly Member[] {
    return this.#stored.members
  }
}
