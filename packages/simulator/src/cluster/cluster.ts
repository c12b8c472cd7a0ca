// A cluster in one world: servers, their network, what the checkers know, and ways to look at it.
import type { Member, StateMachineFactory } from '@riverraft/core'
import type { Checker } from '../checkers/checker.js'
import { History } from '../checkers/history.js'
import { CHECKERS } from '../checkers/index.js'
import { Observation } from '../checkers/observation.js'
import { BlockDisk } from '../disk/block-disk.js'
import type { Disk } from '../disk/disk.js'
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
  readonly servers: readonly Server<Command, Result, State>[]

  constructor(
    world: World,
    plan: Plan,
    seed: number,
    stateMachine: StateMachineFactory<Command, Result, State>,
    checkers: readonly Checker[] = CHECKERS,
  ) {
    this.world = world
    this.plan = plan
    const ids = [...'abcdefghi'].slice(0, plan.servers)
    const members: Member[] = ids.map((id) => ({ id, address: id, role: 'voter' }))
    const judged = (verdict: string): void => world.coverage.hit(`session: ${verdict}`)
    this.history = new History(ids, judged, { now: () => world.now, leases: plan.leases !== undefined })
    this.leaderJobs = new LeaderJobs(world)
    const observation = new Observation(world, this.history, checkers)
    this.network = new Network(world, observation, plan.encodes)
    const newDisk = (): Disk =>
      plan.storage.kind === 'files' ? new FileDisk(world, plan.storage) : new BlockDisk(world)
    this.servers = ids.map(
      (id, position) =>
        new Server({
          id,
          position,
          seed,
          world,
          network: this.network,
          observation,
          leaderJobs: this.leaderJobs,
          view: this.history.view(id),
          disk: newDisk(),
          clock: new Clock(1_000 * (position + 1)),
          members,
          limits: plan.limits,
          leases: plan.leases,
          stateMachine,
        }),
    )
  }

  get up(): Server<Command, Result, State>[] {
    return this.servers.filter((server) => server.isUp)
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

  /** How many servers may be taken away for good without losing the quorum. */
  get spare(): number {
    return Math.floor((this.servers.length - 1) / 2)
  }
}
