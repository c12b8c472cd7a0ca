// One transport with one storage, from start to end.
import type { BenchCluster } from '../cluster/bench-cluster.js'
import type { Resources } from '../cluster/resources.js'
import { startCluster } from '../cluster/start-cluster.js'
import type { StorageName, TransportName } from '../names.js'
import { BareCluster, bareName } from './bare.js'
import { type Failover, killLeader } from './failover.js'
import { Ledger } from './ledger.js'
import { type Figures, measure, type Window } from './window.js'

export interface RunOptions {
  readonly callers: readonly number[]
  readonly seconds: number
  readonly warmup: number
  readonly payloadBytes: number
  readonly nodes: number
  readonly from: 'leader' | 'follower'
  /** Measure the bare loop too. */
  readonly bare: boolean
  /** Kill the leader at the end. */
  readonly kill: boolean
  /** Where to write a CPU profile of the last window. */
  readonly profile: string | undefined
}

export interface Pair {
  readonly transport: TransportName
  readonly storage: StorageName
}

export interface Row {
  readonly window: Window
  /** The same load on the bare loop, right before; null: there is none to compare with. */
  readonly bare: Figures | null
}

export interface PairResult extends Pair {
  readonly durable: boolean
  readonly processes: number
  readonly bare: string | null
  readonly rows: readonly Row[]
  /** Writes acknowledged in all windows, and entries compared on all replicas. */
  readonly acknowledged: number
  readonly entriesCompared: number
  /** Or why nobody was killed. */
  readonly failover: Failover | string
}

export interface PairListener {
  started(pair: Pair, facts: Pick<PairResult, 'durable' | 'processes' | 'bare'>): void
  /** Called when all replicas have been compared. */
  measured(pair: Pair, row: Row): void
  ended(result: PairResult): void
}

/** @throws ReplicasDiffer */
export async function runPair(
  pair: Pair,
  options: RunOptions,
  resources: Resources,
  listener: PairListener,
): Promise<PairResult> {
  const clusterOptions = { ...pair, nodes: options.nodes }
  const bare = (options.bare && bareName(clusterOptions)) || null
  const loop = bare === null ? undefined : await BareCluster.start(clusterOptions, resources)
  const cluster = await startCluster(clusterOptions, resources)
  const facts = { durable: cluster.durable, processes: cluster.processes.length, bare }
  listener.started(pair, facts)
  const ledger = new Ledger(cluster)
  const rows: Row[] = []
  for (const callers of options.callers) {
    const window = { callers, ...windowOptions(options, callers) }
    const bareFigures = (await loop?.measure(window)) ?? null
    const row = { bare: bareFigures, window: await measure(cluster, ledger, window) }
    rows.push(row)
    listener.measured(pair, row)
  }
  await loop?.end()
  const { acknowledged, comparedThrough: entriesCompared } = ledger
  const failover = whyNotKill(cluster, options) ?? (await killLeader(cluster, ledger, options.payloadBytes))
  await cluster.end()
  const result = { ...pair, ...facts, rows, acknowledged, entriesCompared, failover }
  listener.ended(result)
  return result
}

function windowOptions(options: RunOptions, callers: number) {
  return {
    payloadBytes: options.payloadBytes,
    warmupMs: options.warmup * 1000,
    measureMs: options.seconds * 1000,
    from: options.from,
    profile: callers === options.callers.at(-1) ? options.profile : undefined,
  }
}

function whyNotKill({ processes }: BenchCluster, { kill, nodes }: RunOptions): string | undefined {
  if (!kill) return 'not measured'
  if (processes.length === 1) return 'n/a, one process'
  return nodes < 3 ? 'n/a, no majority would survive' : undefined
}
