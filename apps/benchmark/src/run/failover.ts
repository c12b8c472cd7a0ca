// How long writes are unavailable after SIGKILL of the leader's process: measured by writing.
import { setTimeout as pause } from 'node:timers/promises'
import type { BenchCluster } from '../cluster/bench-cluster.js'
import type { Probed } from '../control/commands.js'
import { sharedNow } from '../names.js'
import { ReplicasDiffer } from './compare.js'
import type { Ledger } from './ledger.js'

/** Probes flow before the leader dies: some are on their way when it does. */
const PROBE_BEFORE_MS = 150

export interface Failover extends Omit<Probed, 'at' | 'missing'> {
  /** From the kill to the first write that the new leader's cluster acknowledged. */
  readonly unavailableMs: number
  /** Entries read again on every survivor. */
  readonly comparedAgain: number
}

/**
 * Kills the leader while a survivor writes. Nothing that was acknowledged, before or after, may be lost.
 * @throws ReplicasDiffer; Error when the cluster does not recover
 */
export async function killLeader(
  cluster: BenchCluster,
  ledger: Ledger,
  payloadBytes: number,
): Promise<Failover> {
  const { leader, followers, term } = await cluster.leadership()
  const [survivor] = followers
  if (survivor === undefined) throw new Error('nobody would survive')
  const answer = cluster.processOf(survivor).ask({ type: 'probe', id: survivor, term, payloadBytes })
  // Awaited below; a failure before that must not count as unhandled.
  answer.catch(() => {})
  await pause(PROBE_BEFORE_MS)
  const killedAt = sharedNow()
  cluster.kill(leader)
  const { at, missing, ...probed } = await answer
  if (at < killedAt) throw new Error('leadership moved by itself before the leader was killed')
  if (missing > 0)
    throw new ReplicasDiffer(`${missing} acknowledged writes are not in the log of ${survivor}`)
  ledger.add(probed)
  await ledger.compare()
  await ledger.compareAgain()
  return { unavailableMs: at - killedAt, comparedAgain: ledger.comparedThrough, ...probed }
}
