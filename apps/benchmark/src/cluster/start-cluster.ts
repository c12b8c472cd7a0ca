// Starts a cluster under measurement: directories, ports, Redis servers, processes, replicas.
import type { NodeId } from '@riverraft/core'
import type { ReplicaPlan } from '../control/commands.js'
import type { StorageName, TransportName } from '../names.js'
import { BenchCluster } from './bench-cluster.js'
import { Child, CommandFailed } from './child.js'
import { freePorts, type PlannedMember, planMembers } from './members.js'
import { startRedis } from './redis-server.js'
import type { Resources, Scope } from './resources.js'

export interface ClusterOptions {
  readonly transport: TransportName
  readonly storage: StorageName
  readonly nodes: number
}

const ATTEMPTS = 3

/** @throws CommandFailed with what RaftNode.start throws */
export async function startCluster(options: ClusterOptions, resources: Resources): Promise<BenchCluster> {
  for (let attempt = 1; ; attempt++) {
    const scope = resources.open()
    try {
      return await startOnce(options, scope)
    } catch (error) {
      await scope.end()
      // Somebody took a port between its choice and its use.
      const taken = error instanceof CommandFailed && error.code === 'ERR_LISTEN'
      if (!taken || attempt === ATTEMPTS) throw error
    }
  }
}

async function startOnce({ transport, storage, nodes }: ClusterOptions, scope: Scope): Promise<BenchCluster> {
  const planned = await planMembers(transport, nodes, scope.directory)
  const plans =
    storage === 'redis' ? await withRedis(planned, scope) : planned.map((one) => planOf(one, null))
  const members = planned.map(({ member }) => member)
  const cluster = { clusterId: 'benchmark', transport, storage, members }
  const replicas = new Map<NodeId, Child>()
  const starts = processesOf(transport, plans).map((group, i) => {
    const child = new Child(`replica ${i + 1}`, scope)
    for (const { id } of group) replicas.set(id, child)
    return child.ask({ type: 'start', cluster, replicas: group })
  })
  const answers = await Promise.all(starts)
  return new BenchCluster(
    scope,
    replicas,
    answers.every(({ durable }) => durable),
  )
}

/** A process each; a network in memory has all its nodes in one. */
function processesOf(transport: TransportName, plans: readonly ReplicaPlan[]): (readonly ReplicaPlan[])[] {
  return transport === 'memory' ? [plans] : plans.map((plan) => [plan])
}

function planOf({ member, directory }: PlannedMember, redis: ReplicaPlan['redis']): ReplicaPlan {
  return { id: member.id, directory, redis }
}

async function withRedis(planned: readonly PlannedMember[], scope: Scope): Promise<ReplicaPlan[]> {
  const ports = await freePorts(planned.length)
  return await Promise.all(
    planned.map(async (one, i) => planOf(one, await startRedis(one.directory, ports[i] ?? 0, scope))),
  )
}
