// Carries out what the launcher asks: replicas or a bare loop live here, and so do the callers.
import { followBare } from '../bare/follower.js'
import { startBareLeader } from '../bare/leader.js'
import type { Answers, Command, CommandType } from '../control/commands.js'
import { BARE } from '../names.js'
import { Load, type Propose } from './load.js'
import { digestLog } from './log-digest.js'
import { Meter } from './meter.js'
import { probe } from './probes.js'
import { Profiler } from './profiler.js'
import { Replica } from './replica.js'
import { transportsFor } from './transports.js'

export class Host {
  readonly #meter = new Meter()
  readonly #replicas = new Map<string, Replica>()
  readonly #proposers = new Map<string, Propose>()
  /** Programs that must not outlive the launcher. */
  readonly #servers: number[] = []
  #load: Load | undefined
  #profiler: Profiler | undefined

  async execute(command: Command): Promise<Answers[CommandType]> {
    switch (command.type) {
      case 'start':
        return await this.#start(command)
      case 'startBare': {
        const leader = await startBareLeader(command.plan)
        this.#proposers.set(BARE, (bytes) => leader.propose(bytes))
        return null
      }
      case 'followBare':
        return { port: await followBare(command.file) }
      case 'status':
        return this.#replica(command.id).status()
      case 'load':
        this.#load = new Load(this.#proposer(command.id), command.callers, command.payloadBytes)
        return null
      case 'mark':
        return { ...this.#meter.mark(), load: this.#load?.mark() ?? null }
      case 'rest':
        return await this.#rest()
      case 'profile':
        return await this.#profile(command.file)
      case 'digest':
        return await digestLog(this.#replica(command.id).storage, command.from, command.through)
      case 'applied':
        return await this.#replica(command.id).applied()
      case 'probe': {
        const { node, storage } = this.#replica(command.id)
        return await probe(node, storage, command.term, command.payloadBytes)
      }
      default:
        return command satisfies never
    }
  }

  /** The launcher is gone: nobody else is left to end them. */
  endServers(): void {
    for (const pid of this.#servers) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
  }

  async #start({ cluster, replicas }: Command & { type: 'start' }): Promise<Answers['start']> {
    const makeTransport = await transportsFor(cluster)
    let durable = false
    for (const plan of replicas) {
      if (plan.redis !== null) this.#servers.push(plan.redis.pid)
      const replica = await Replica.start(plan, cluster, makeTransport)
      this.#replicas.set(plan.id, replica)
      this.#proposers.set(plan.id, (bytes) => replica.node.propose(bytes))
      durable = replica.storage.durable
      void replica.node.closed.then((error) => {
        // Whatever stops a node stops the run: a figure of the rest would be a figure of something else.
        process.stderr.write(`replica ${plan.id} stopped: ${error?.stack ?? 'nobody knows why'}\n`)
        process.exit(1)
      })
    }
    return { durable }
  }

  async #rest(): Promise<Answers['rest']> {
    const load = this.#load
    if (load === undefined) throw new Error('there is no load')
    const rest = await load.rest()
    this.#load = undefined
    return rest
  }

  async #profile(file: string | null): Promise<null> {
    if (file === null) {
      this.#profiler = new Profiler()
      await this.#profiler.start()
    } else {
      await this.#profiler?.stop(file)
    }
    return null
  }

  #replica(id: string): Replica {
    const replica = this.#replicas.get(id)
    if (replica === undefined) throw new Error(`${id} does not live here`)
    return replica
  }

  #proposer(id: string): Propose {
    const propose = this.#proposers.get(id)
    if (propose === undefined) throw new Error(`${id} does not live here`)
    return propose
  }
}
