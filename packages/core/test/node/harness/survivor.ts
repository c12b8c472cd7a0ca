// What tests of a lost quorum do with a survivor's disk, while its node is down.
import { assessRecovery } from '../../../src/node/lost-quorum/assess.js'
import { type RecoverClusterOptions, recoverCluster } from '../../../src/node/lost-quorum/recover-cluster.js'
import type { Recovery, RecoveryReport } from '../../../src/node/lost-quorum/report.js'
import type { Cluster } from './cluster.js'

export function on(cluster: Cluster, id: string): RecoverClusterOptions {
  return {
    storage: cluster.disk(id).storage(),
    id,
    clusterId: 'words',
    scheduler: cluster.world.scheduler(),
  }
}

export function assess(cluster: Cluster, id: string): Promise<RecoveryReport> {
  return cluster.world.outcome(assessRecovery(on(cluster, id)))
}

export function recover(cluster: Cluster, id: string): Promise<Recovery> {
  return cluster.world.outcome(recoverCluster(on(cluster, id)))
}

export async function kill(cluster: Cluster, ...ids: string[]): Promise<void> {
  for (const id of ids) await cluster.kill(id)
}
