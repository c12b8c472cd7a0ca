// The account of one cluster: what it has acknowledged, and which part of its log was compared already.
import type { BenchCluster } from '../cluster/bench-cluster.js'
import type { LogDigest, Rest } from '../control/commands.js'
import { compareReplicas, ReplicasDiffer } from './compare.js'

export class Ledger {
  readonly #cluster: BenchCluster
  /** Parts of the log that all replicas held, in order, without gaps. */
  readonly #compared: LogDigest[] = []
  #acknowledged = 0
  #unknown = 0

  constructor(cluster: BenchCluster) {
    this.#cluster = cluster
  }

  add({ acknowledged, unknown }: Rest): void {
    this.#acknowledged += acknowledged
    this.#unknown += unknown
  }

  get acknowledged(): number {
    return this.#acknowledged
  }

  get comparedThrough(): number {
    return this.#compared.at(-1)?.through ?? 0
  }

  /**
   * Compares what the log has grown by.
   * @throws ReplicasDiffer
   */
  async compare(): Promise<void> {
    const reports = await this.#cluster.reports(this.comparedThrough)
    const sinceStart = { acknowledged: this.#acknowledged, unknown: this.#unknown }
    this.#compared.push(compareReplicas(reports, sinceStart).log)
  }

  /**
   * Reads every part of the log again: what was compared once must still be there, on every replica.
   * @throws ReplicasDiffer
   */
  async compareAgain(): Promise<void> {
    for (const { from, through, sha256 } of this.#compared) {
      for (const id of this.#cluster.replicas) {
        const again = await this.#cluster.processOf(id).ask({ type: 'digest', id, from, through })
        if (again.sha256 === sha256) continue
        throw new ReplicasDiffer(`${id} no longer holds entries ${from} to ${through} as they were compared`)
      }
    }
  }
}
