// The bare loop in processes of its own, under the same load, in the same minute: a noisy machine slows both.
import { join } from 'node:path'
import { Child } from '../cluster/child.js'
import type { Resources, Scope } from '../cluster/resources.js'
import type { ClusterOptions } from '../cluster/start-cluster.js'
import { BARE } from '../names.js'
import { type Figures, runWindow, type WindowOptions } from './window.js'

/** What there is to compare with: a file with O_DSYNC writes, Redis with nothing. undefined: nothing. */
export function bareName({ transport, storage }: ClusterOptions): string | undefined {
  if (storage === 'redis') return undefined
  const network = transport === 'memory' ? 'one process' : 'node:net'
  return storage === 'memory' ? network : `${network}, O_DSYNC`
}

export class BareCluster {
  readonly #scope: Scope
  readonly #leader: Child
  readonly #followers: readonly Child[]

  private constructor(scope: Scope, leader: Child, followers: readonly Child[]) {
    this.#scope = scope
    this.#leader = leader
    this.#followers = followers
  }

  static async start(options: ClusterOptions, resources: Resources): Promise<BareCluster> {
    const { transport, storage, nodes } = options
    const scope = resources.open()
    const remote = transport === 'memory' ? 0 : nodes - 1
    const files =
      storage === 'memory' ? [] : Array.from({ length: nodes }, (_, i) => join(scope.directory, `log-${i}`))
    const leader = new Child('bare leader', scope)
    const followers = Array.from({ length: remote }, (_, i) => new Child(`bare follower ${i + 1}`, scope))
    // The last files are the remote ones.
    const local = nodes - remote
    const answers = await Promise.all(
      followers.map((child, i) => child.ask({ type: 'followBare', file: files[local + i] ?? null })),
    )
    const ports = answers.map(({ port }) => port)
    await leader.ask({ type: 'startBare', plan: { ports, files: files.slice(0, local), nodes } })
    return new BareCluster(scope, leader, followers)
  }

  async measure(options: WindowOptions): Promise<Figures> {
    return (await runWindow(this.#leader, this.#followers, BARE, options)).figures
  }

  async end(): Promise<void> {
    await this.#scope.end()
  }
}
