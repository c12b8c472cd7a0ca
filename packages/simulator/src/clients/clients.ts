// Simulated clients: each proposes or reads, waits, thinks, and goes on; it tries again elsewhere what was certainly not
// applied, and remembers what may have been.
import type { Consistency, ProposeOptions, Receipt } from '@riverraft/core'
import type { Cluster } from '../cluster/cluster.js'
import type { Server } from '../cluster/server.js'
import { call, type Returned } from './calls.js'
import type { Operation } from './operation.js'
import { SessionClient } from './session-client.js'
import { type Choice, choiceOf, type Workload } from './workload.js'

const RETRIES_MAX = 3
const READS = 0.4
const LOCAL_READS = 0.2
const IMPATIENT = 0.05
const ABORTING = 0.03

/** Clients with a session of their own, among all. */
const WITH_SESSION = 0.4

export class Clients<Command, Result, State> {
  readonly operations: Operation<Command, State>[] = []
  /** Requests that clients began, retries not counted; `skipped` numbers are left out when a run is made smaller. */
  requests = 0
  /** Of these, what reached a server: there may be none that is up. */
  begun = 0
  readonly #cluster: Cluster<Command, Result, State>
  readonly #workload: Workload<Command, State>
  readonly #skipped: ReadonlySet<number>
  readonly #choice: Choice
  readonly #sessions = new Map<number, SessionClient<Command, Result, State>>()
  #order = 0
  #stopped = false
  #open = 0

  constructor(
    cluster: Cluster<Command, Result, State>,
    workload: Workload<Command, State>,
    skipped: ReadonlySet<number>,
  ) {
    this.#cluster = cluster
    this.#workload = workload
    this.#skipped = skipped
    this.#choice = choiceOf(cluster.world.tapes.clients)
  }

  start(): void {
    for (let client = 0; client < this.#cluster.plan.clients; client++) {
      if (this.#choice.chance(WITH_SESSION)) {
        const options = (): ProposeOptions => this.#impatience()
        this.#sessions.set(client, new SessionClient(this.#cluster, this.#choice, options))
      }
      this.#think(client)
    }
  }

  stop(): void {
    this.#stopped = true
  }

  /** Requests that have not returned. */
  get open(): number {
    return this.#open
  }

  #think(client: number): void {
    const { world, plan } = this.#cluster
    // A zero thinks longest: an exhausted tape is a quiet world.
    const ms = plan.thinkMs * (1.9 - 1.8 * world.tapes.clients.fraction())
    world.after(ms, () => {
      if (!this.#stopped) this.#next(client)
    })
  }

  #next(client: number): void {
    const number = ++this.requests
    const choice = this.#choice
    const query = this.#workload.query
    const request: Operation<Command, State>['request'] =
      query !== undefined && choice.chance(READS)
        ? {
            kind: 'read',
            query: query.call(this.#workload, choice),
            consistency: this.#consistency(),
          }
        : { kind: 'propose', command: this.#workload.command(choice, number) }
    if (this.#skipped.has(number)) return this.#think(client)
    this.#attempt(client, request, 0)
  }

  #consistency(): Consistency {
    if (this.#choice.chance(LOCAL_READS)) return 'local'
    return this.#cluster.plan.leases !== undefined && this.#choice.below(2) === 1 ? 'lease' : 'linearizable'
  }

  #attempt(client: number, request: Operation<Command, State>['request'], retries: number): void {
    const { serving, world, history } = this.#cluster
    const server = serving.length === 0 ? undefined : serving[this.#choice.below(serving.length)]
    if (server === undefined) return this.#think(client)
    if (retries === 0) this.begun++
    const operation = this.#called(client, server, request)
    const { view } = server.parts
    this.#open++
    const returned = ({ outcome, code, value }: Returned): void => {
      this.#open--
      operation.outcome = outcome
      operation.code = code
      operation.returnedAt = world.now
      operation.returnedOrder = ++this.#order
      operation.ceiling = history.committed.length
      operation.appliedAtReturn = view.lastApplied
      const lease = request.kind === 'read' && request.consistency === 'lease' ? 'lease ' : ''
      this.#cluster.world.coverage.hit(`${lease}${request.kind}: ${code ?? outcome}`)
      if (outcome === 'ok') this.#note(operation, value)
      if (outcome === 'ok' && view.configuration.learners.includes(view.id))
        world.coverage.hit(`${lease}${request.kind} at a learner: ok`)
      const again = outcome === 'not-applied' && retries < RETRIES_MAX && !this.#stopped
      if (again) world.after(10, () => this.#attempt(client, request, retries + 1))
      else this.#think(client)
    }
    this.#issue(client, server, operation, returned)
  }

  #note(operation: Operation<Command, State>, value: unknown): void {
    if (operation.request.kind === 'read') {
      operation.result = value
      return
    }
    const { result, index, term } = value as Receipt<Result>
    Object.assign(operation, { result, index, term })
    this.#cluster.history.acknowledge(index)
  }

  #called(
    client: number,
    server: Server<Command, Result, State>,
    request: Operation<Command, State>['request'],
  ): Operation<Command, State> {
    const { history, world } = this.#cluster
    const operation: Operation<Command, State> = {
      attempt: this.operations.length + 1,
      client,
      server: server.id,
      request,
      calledAt: world.now,
      calledOrder: ++this.#order,
      floor: history.acknowledged,
      appliedAtCall: server.parts.view.lastApplied,
      appliedAtReturn: 0,
      returnedAt: undefined,
      returnedOrder: Number.POSITIVE_INFINITY,
      outcome: 'pending',
      code: undefined,
      result: undefined,
      index: 0,
      term: 0,
      ceiling: 0,
    }
    this.operations.push(operation)
    return operation
  }

  #issue(
    client: number,
    server: Server<Command, Result, State>,
    { request, attempt }: Operation<Command, State>,
    returned: (returned: Returned) => void,
  ): void {
    if (request.kind === 'read') {
      const options = { ...this.#impatience(), consistency: request.consistency }
      return call(this.#cluster, server, 'read', (node) => node.read(request.query, options), returned)
    }
    const attempted = { attempt, command: request.command }
    const own = this.#sessions.get(client)
    if (own !== undefined) return own.propose(attempted, returned)
    const options = this.#impatience()
    call(this.#cluster, server, 'propose', (node) => node.proposeWithReceipt(attempted, options), returned)
  }

  #impatience(): ProposeOptions {
    const choice = this.#choice
    const timeoutMs = choice.chance(IMPATIENT) ? 20 + choice.below(200) : undefined
    const signal = choice.chance(ABORTING) ? this.#abortLater(5 + choice.below(300)) : undefined
    return {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    }
  }

  #abortLater(ms: number): AbortSignal {
    const controller = new AbortController()
    this.#cluster.world.after(ms, () => {
      controller.abort()
      this.#cluster.world.touchPromises()
    })
    return controller.signal
  }
}
