// One member of the cluster under measurement, with the defaults that every user gets.
import { RaftNode, type Storage } from '@riverraft/core'
import type { Applied, ClusterPlan, ReplicaPlan, StatusAnswer } from '../control/commands.js'
import { machine } from './machine.js'
import { createStorage } from './storages.js'
import type { MakeTransport } from './transports.js'

export type BenchNode = RaftNode<Uint8Array, number, Applied>

export class Replica {
  readonly node: BenchNode
  readonly storage: Storage

  private constructor(node: BenchNode, storage: Storage) {
    this.node = node
    this.storage = storage
  }

  /** @throws RaftError what RaftNode.start throws */
  static async start(
    plan: ReplicaPlan,
    cluster: ClusterPlan,
    makeTransport: MakeTransport,
  ): Promise<Replica> {
    const { clusterId, members } = cluster
    const transport = await makeTransport(plan)
    const storage = await createStorage(cluster.storage, plan)
    const node = await RaftNode.start({
      id: plan.id,
      clusterId,
      members,
      transport,
      storage,
      stateMachine: machine,
    })
    return new Replica(node, storage)
  }

  status(): StatusAnswer {
    const { id, role, term, leaderId = null, lastIndex, commitIndex, lastApplied } = this.node.status()
    return { id, role, term, leaderId, lastIndex, commitIndex, lastApplied }
  }

  applied(): Promise<Applied> {
    return this.node.read((state) => ({ ...state }), { consistency: 'local' })
  }
}
