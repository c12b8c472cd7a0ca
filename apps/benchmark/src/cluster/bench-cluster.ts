// A cluster under measurement: its processes, who leads it, and what its replicas hold.
import { setTimeout as pause } from 'node:timers/promises'
import type { NodeId } from '@riverraft/core'
import type { StatusAnswer } from '../control/commands.js'
import type { ReplicaReport } from '../run/compare.js'
import type { Child } from './child.js'
import type { Scope } from './resources.js'

export interface Leadership {
  readonly leader: NodeId
  readonly followers: readonly NodeId[]
  readonly term: number
}

const LOOK_EVERY_MS = 10
const ELECT_WITHIN_MS = 30_000
/** Followers that fell behind under load have a log to catch up with. */
const SETTLE_WITHIN_MS = 60_000

export class BenchCluster {
  readonly durable: boolean
  readonly #scope: Scope
  readonly #replicas: Map<NodeId, Child>

  constructor(scope: Scope, replicas: Map<NodeId, Child>, durable: boolean) {
    this.#scope = scope
    this.#replicas = replicas
    this.durable = durable
  }

  /** Those that have not been killed. */
  get processes(): readonly Child[] {
    return [...new Set(this.#replicas.values())]
  }

  get replicas(): readonly NodeId[] {
    return [...this.#replicas.keys()]
  }

  processOf(id: NodeId): Child {
    const child = this.#replicas.get(id)
    if (child === undefined) throw new Error(`${id} has been killed`)
    return child
  }

  /** Resolves when all replicas name the same leader, and it has committed something in its term. */
  async leadership(): Promise<Leadership> {
    return await within(ELECT_WITHIN_MS, 'the replicas did not agree on a leader', async () => {
      const statuses = await this.#statuses()
      const leader = statuses.find(({ role }) => role === 'leader')
      if (leader === undefined || leader.commitIndex < 1) return undefined
      const agreed = statuses.every(({ leaderId, term }) => leaderId === leader.id && term === leader.term)
      if (!agreed) return undefined
      const followers = statuses.filter(({ id }) => id !== leader.id).map(({ id }) => id)
      return { leader: leader.id, followers, term: leader.term }
    })
  }

  /** Resolves, once all replicas have applied everything there is, with what each of them holds after `after`. */
  async reports(after: number): Promise<readonly ReplicaReport[]> {
    const statuses = await within(SETTLE_WITHIN_MS, 'the replicas did not come to rest', async () => {
      const all = await this.#statuses()
      const leader = all.find(({ role }) => role === 'leader')
      if (leader === undefined || leader.commitIndex < leader.lastIndex) return undefined
      return all.every(({ lastApplied }) => lastApplied === leader.commitIndex) ? all : undefined
    })
    return await Promise.all(
      statuses.map(async (status) => {
        const { id, lastIndex } = status
        const child = this.processOf(id)
        const log = await child.ask({ type: 'digest', id, from: after + 1, through: lastIndex })
        const applied = await child.ask({ type: 'applied', id })
        return { id, lastIndex, log, applied }
      }),
    )
  }

  /** SIGKILL, as by a power failure. Everything that lives in that process is gone. */
  kill(id: NodeId): void {
    const child = this.processOf(id)
    for (const [replica, process] of this.#replicas) if (process === child) this.#replicas.delete(replica)
    child.process.kill('SIGKILL')
  }

  async end(): Promise<void> {
    await this.#scope.end()
  }

  #statuses(): Promise<readonly StatusAnswer[]> {
    return Promise.all(this.replicas.map((id) => this.processOf(id).ask({ type: 'status', id })))
  }
}

async function within<T>(ms: number, otherwise: string, look: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + ms
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > until) throw new Error(`${otherwise} within ${ms / 1000} s`)
    await pause(LOOK_EVERY_MS)
  }
}
