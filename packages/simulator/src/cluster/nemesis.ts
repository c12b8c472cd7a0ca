// Whoever wants the cluster to fail: at times drawn from its tape it does one of the acts that this seed's plan allows.
// Everything it does it undoes, at the latest when the faults are over.
import type { Tape } from '../world/tape.js'
import type { World } from '../world/world.js'
import { ACT_TABLE } from './acts.js'
import { Administrator } from './administrator.js'
import type { Cluster } from './cluster.js'
import type { Act } from './plan.js'
import type { Server } from './server.js'

// biome-ignore lint/suspicious/noExplicitAny: the nemesis does not care what the state machine is
export type AnyCluster = Cluster<any, any, any>
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyServer = Server<any, any, any>

const WATCH_MS = 50

export class Nemesis {
  readonly cluster: AnyCluster
  readonly world: World
  readonly tape: Tape
  /** Whoever changes the members. */
  readonly administrator: Administrator
  /** True while a wiped node looks for the others: they must not forget whom they knew. */
  wiping = false
  readonly #undo = new Set<() => void>()
  readonly #restarting = new Set<AnyServer>()
  /** Nothing bad begins any more. */
  over = false

  constructor(cluster: AnyCluster) {
    this.cluster = cluster
    this.world = cluster.world
    this.tape = cluster.world.tapes.nemesis
    this.administrator = new Administrator(this)
  }

  start(): void {
    for (const server of this.cluster.servers) server.start()
    this.#watch()
    for (const [act, meanMs] of this.cluster.plan.acts) {
      const again = (): void => {
        this.world.after(meanMs * (1.8 - 1.6 * this.tape.fraction()), () => {
          if (this.over) return
          // A zero on the tape: nothing happens this time.
          if (this.tape.below(8) !== 0) this.act(act)
          again()
        })
      }
      again()
    }
  }

  /** Does one act, if there is an opportunity. */
  act(act: Act): void {
    if (!ACT_TABLE[act](this)) return
    this.world.coverage.hit(`nemesis: ${act}`)
    this.world.say?.(`${this.world.now.toFixed(3).padStart(10)} nemesis: ${act}`)
  }

  /** Whatever is down comes back after a while. */
  #watch(): void {
    for (const server of this.cluster.servers) {
      if (server.state !== 'down' || this.#restarting.has(server)) continue
      this.#restarting.add(server)
      const ms = this.over ? 0 : 3_000 * this.tape.fraction() ** 2
      this.world.after(50 + ms, () => this.restart(server))
    }
    if (!this.over) this.administrator.look()
    this.world.after(WATCH_MS, () => this.#watch())
  }

  restart(server: AnyServer): void {
    this.#restarting.delete(server)
    const crashes = this.cluster.plan.acts.has('crash-at-call')
    if (!crashes || this.over || this.wiping || this.tape.below(5) !== 4) return server.start()
    this.world.coverage.hit('nemesis: crash during recovery')
    server.start({ calls: 1 + this.tape.below(8), after: this.tape.below(2) === 1 })
  }

  /** One of those, the first when the tape says nothing. */
  one<Value>(values: readonly Value[]): Value | undefined {
    return values.length === 0 ? undefined : values[this.tape.below(values.length)]
  }

  /** Calls `undo` after a drawn time between the two, or when the faults are over. */
  later(msMin: number, msMax: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo()
    }
    this.#undo.add(once)
    this.world.after(msMin + (msMax - msMin) * this.tape.fraction(), once)
  }

  /** Faults are over: everything is undone, and whoever can come back does. */
  stop(): void {
    this.over = true
    const { network, servers } = this.cluster
    for (const undo of [...this.#undo]) undo()
    network.weather = {
      ...network.weather,
      jitterMs: 0,
      drop: 0,
      duplicate: 0,
      spike: 0,
      corrupt: 0,
      reset: 0,
      keepOld: 0,
      misdirect: 0,
    }
    network.afterSend = undefined
    network.unblock()
    network.unclog()
    network.decongest()
    for (const server of servers) {
      const { disk, clock } = server.parts
      disk.heal()
      server.moved()
      clock.heal(this.world.now)
      server.process?.rearmTimers()
      server.process?.crashAt(Number.POSITIVE_INFINITY, false)
      server.start()
    }
  }
}
