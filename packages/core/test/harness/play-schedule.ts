// Plays a random schedule on a cluster, and lets faults stop.
import { Cluster } from './cluster.js'
import { OPTIONS } from './options.js'
import { perform, type Schedule } from './schedule.js'

/** One leader within 10 maximal election timeouts, on the slowest clock. */
export const ELECTION_MS: number = (10 * OPTIONS.electionTimeoutMsMax) / 0.8

/** As long as the slowest leader may count while the fastest voter keeps quiet. */
const STEADY = { steadyLeader: true, leaseMs: (OPTIONS.electionTimeoutMsMin * 0.8) / 1.25 }

export function run({ size, voters, seed, brisk, steady, clocks, acts }: Schedule): Cluster {
  const cluster = new Cluster({ size, voters, seed, clocks, ...(steady ? { consensus: STEADY } : {}) })
  for (const server of cluster.servers.values()) {
    Object.assign(server.automatic, { disk: false, offers: brisk, apply: brisk })
    server.boundary = (fromIndex) => (fromIndex * 7 + seed) % 5
  }
  for (const act of acts) perform(cluster, act)
  return cluster
}

/** Faults stop: the network heals, everybody is up, disks are quick. */
export function calm(cluster: Cluster): void {
  cluster.heal()
  for (const server of cluster.servers.values()) {
    if (!server.up) cluster.start(server.id)
    Object.assign(server.automatic, { disk: true, offers: true, apply: true })
    server.work()
  }
}
