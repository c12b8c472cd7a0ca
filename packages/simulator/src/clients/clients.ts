// Simulated clients: each proposes or reads, waits, thinks, and goes on; it tries again elsewhere what was certainly not
// applied, and remembers what may have been.
import { type Consistency, hasCode } from '@riverraft/core'
import type { Cluster } from '../cluster/cluster.js'
import type { Server } from '../cluster/server.js'
import type { Operation } from './operation.js'
import { type Choice, choiceOf, type Workload } from './workload.js'

const RETRIES_MAX = 3
const READS = 0.4
const LOCAL_READS = 0.2
const IMPATIENT = 0.05
const ABORTING = 0.03

const CERTAINLY_NOT_APPLIED = [
  'ERR_TIMEOUT',
  'ERR_ABORTED',
  'ERR_OVERLOADED',
  'ERR_STOPPED',
  'ERR_INVALID_COMMAND',
] as const

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
    for (let client = 0; client < this.#cluster.plan.clients; client++) this.#think(client)
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
    const { up } = this.#cluster
    const server = up.length === 0 ? undefined : up[this.#choice.below(up.length)]
    if (server === undefined) return this.#think(client)
    if (retries === 0) this.begun++
    const operation = this.#called(client, server, request)
    const { view } = server.parts
    const settle = (outcome: Operation<Command, State>['outcome'], code: string | undefined): void => {
      if (operation.outcome !== 'pending') return
      this.#open--
      server.onDown.delete(died)
      operation.outcome = outcome
      operation.code = code
      operation.returnedAt = this.#cluster.world.now
      operation.returnedOrder = ++this.#order
      operation.ceiling = this.#cluster.history.committed.length
      operation.appliedAtReturn = view.lastApplied
      const lease = request.kind === 'read' && request.consistency === 'lease' ? 'lease ' : ''
      this.#cluster.world.coverage.hit(`${lease}${request.kind}: ${code ?? outcome}`)
      const again = outcome === 'not-applied' && retries < RETRIES_MAX && !this.#stopped
      if (again) this.#cluster.world.after(10, () => this.#attempt(client, request, retries + 1))
      else this.#think(client)
    }
    // The client's connection ends with the process: nobody will ever tell it.
    const died = (): void => settle('unknown', 'process died')
    server.onDown.add(died)
    this.#open++
    this.#issue(server, operation, settle)
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
    server: Server<Command, Result, State>,
    operation: Operation<Command, State>,
    settle: (outcome: Operation<Command, State>['outcome'], code: string | undefined) => void,
  ): void {
    const { world, history } = this.#cluster
    const { process } = server
    const node = server.node!
    if (process === undefined) return
    const choice = this.#choice
    const timeoutMs = choice.chance(IMPATIENT) ? 20 + choice.below(200) : undefined
    const signal = choice.chance(ABORTING) ? this.#abortLater(5 + choice.below(300)) : undefined
    const options = {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    }
    process.run(() => {
      process.openPromises++
      const { request, attempt } = operation
      const done = (outcome: 'ok' | 'rejected' | 'not-applied' | 'unknown', code?: string): void => {
        process.openPromises--
        settle(outcome, code)
      }
      const failed = (error: unknown): void => {
        const code = (error as { code?: string }).code
        if (hasCode(error, 'ERR_COMMAND_REJECTED')) return done('rejected', code)
        if (hasCode(error, 'ERR_OUTCOME_UNKNOWN')) return done('unknown', code)
        if (CERTAINLY_NOT_APPLIED.some((known) => hasCode(error, known))) return done('not-applied', code)
        world.fail('clients-get-known-errors', `${operation.request.kind}: ${String(error)}`)
      }
      if (request.kind === 'propose') {
        node.proposeWithReceipt({ attempt, command: request.command }, options).then((receipt) => {
          operation.result = receipt.result
          operation.index = receipt.index
          operation.term = receipt.term
          history.acknowledged = Math.max(history.acknowledged, receipt.index)
          done('ok')
        }, failed)
      } else {
        node.read(request.query, { ...options, consistency: request.consistency }).then((answer) => {
          operation.result = answer
          done('ok')
        }, failed)
      }
      world.touchPromises()
    })
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
