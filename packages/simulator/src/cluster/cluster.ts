// A cluster in one world: servers that come and go, their network, what the checkers know, and ways to look at it.
import type { Member, StateMachineFactory } from '@riverraft/core'
import type { Checker } from '../checkers/checker.js'
import { isMemberOf } from '../checkers/configurations.js'
import { History } from '../checkers/history.js'
import { CHECKERS } from '../checkers/index.js'
import type { NodeView } from '../checkers/node-view.js'
import { Observation } from '../checkers/observation.js'
import { BlockDisk } from '../disk/block-disk.js'
import { FileDisk } from '../disk/file-disk.js'
import { Network } from '../network/network.js'
import { Clock } from '../world/clock.js'
import type { World } from '../world/world.js'
import { LeaderJobs } from './leader-jobs.js'
import type { Plan } from './plan.js'
import { Server } from './server.js'

export class Cluster<Command, Result, State> {
  readonly world: World
  readonly plan: Plan
  readonly network: Network
  readonly history: History
  readonly leaderJobs: LeaderJobs
  readonly observation: Observation
  /** Those that are in use; who was removed for good is no longer among them. */
  readonly servers: Server<Command, Result, State>[] = []
  /** Whose machines are gone. */
  readonly retired: Server<Command, Result, State>[] = []
  /** Those without whom the cluster was recovered, with what is on their disks. */
  readonly leftBehind: Server<Command, Result, State>[] = []
  /** Above 0: it was recovered from a lost quorum, and this is what its servers write. */
  generation = 0
  readonly #seed: number
  readonly #stateMachine: StateMachineFactory<Command, Result, State>
  /** What the cluster began with. */
  readonly #members: readonly Member[]
  #positions = 0

  constructor(
    world: World,
    plan: Plan,
    seed: number,
    stateMachine: StateMachineFactory<Command, Result, State>,
    checkers: readonly Checker[] = CHECKERS,
  ) {
    this.world = world
    this.plan = plan
    this.#seed = seed
    this.#stateMachine = stateMachine
    const ids = Array.from({ length: plan.servers }, (_, position) => nameOf(position))
    this.#members = ids.map((id) => ({ id, address: id, role: 'voter' }))
    const judged = (verdict: string): void => world.coverage.hit(`session: ${verdict}`)
    this.history = new History(ids, judged, { now: () => world.now, leases: plan.leases !== undefined })
    this.leaderJobs = new LeaderJobs(world)
    this.observation = new Observation(world, this.history, checkers)
    this.network = new Network(world, this.observation, plan.encodes)
    for (const id of ids) this.#add(id, this.history.view(id))
  }

  /** One more machine with an empty disk. `id`: that of one that is retired. */
  add(id: string = nameOf(this.#positions)): Server<Command, Result, State> {
    const server = this.#add(id, this.history.newcomer(id))
    server.parts.disk.faults = this.plan.disk
    return server
  }

  #add(id: string, view: NodeView): Server<Command, Result, State> {
    const { world, plan, network, observation, leaderJobs } = this
    const position = this.#positions++
    const { storage, limits, leases } = plan
    const server = new Server({
      id,
      position,
      seed: this.#seed,
      world,
      network,
      observation,
      leaderJobs,
      view,
      disk: storage.kind === 'files' ? new FileDisk(world, storage) : new BlockDisk(world),
      clock: new Clock(1_000 * (position + 1)),
      members: this.#members,
      generation: this.generation,
      limits,
      leases,
      stateMachine: this.#stateMachine,
    })
    this.servers.push(server)
    return server
  }

  /** Its machine is switched off, for good. */
  retire(server: Server<Command, Result, State>): void {
    server.crash()
    server.state = 'retired'
    this.servers.splice(this.servers.indexOf(server), 1)
    this.retired.push(server)
  }

  /** The cluster goes on without it. */
  leaveBehind(server: Server<Command, Result, State>): void {
    server.crash()
    server.state = 'left behind'
    this.servers.splice(this.servers.indexOf(server), 1)
    this.leftBehind.push(server)
  }

  /** Those that the newest committed configuration knows. */
  get members(): Server<Command, Result, State>[] {
    const configuration = this.history.committedConfiguration()
    return this.servers.filter(({ id }) => isMemberOf(configuration, id))
  }

  get up(): Server<Command, Result, State>[] {
    return this.servers.filter((server) => server.isUp)
  }

  /** Whom clients ask: members that are up, voters and learners; when there is none, whoever is up. */
  get serving(): Server<Command, Result, State>[] {
    const members = this.members.filter((server) => server.isUp)
    return members.length > 0 ? members : this.up
  }

  /** Of the servers that are up and believe to lead, the one of the latest term. */
  get leader(): Server<Command, Result, State> | undefined {
    let leader: Server<Command, Result, State> | undefined
    for (const server of this.servers) {
      const { view } = server.parts
      if (!server.isUp || view.role !== 'leader') continue
      if (leader === undefined || view.term > leader.parts.view.term) leader = server
    }
    return leader
  }
}

/** a, b, c, ... */
function nameOf(position: number): string {
  return position < 26 ? String.fromCharCode(97 + position) : `s${position}`
}
