// Under which conditions figures were measured: without them they mean nothing.
import { availableParallelism, cpus, loadavg, release } from 'node:os'
import type { RunOptions } from '../run/pair.js'

export interface Conditions {
  readonly date: string
  readonly node: string
  readonly platform: string
  readonly cpu: string
  readonly cores: number
  /** Of the minute before the run: what else the machine was busy with. */
  readonly loadAverage: number
}

export function conditionsNow(): Conditions {
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || 'unknown processor',
    cores: availableParallelism(),
    loadAverage: loadavg()[0] ?? 0,
  }
}

export function describeMachine({ node, platform, cpu, cores, loadAverage }: Conditions): string {
  return `node ${node}, ${platform}, ${cores} × ${cpu}, load average before the run ${loadAverage.toFixed(2)}`
}

export function describeConditions(conditions: Conditions, options: RunOptions): string {
  const { nodes, payloadBytes, from, seconds, warmup } = options
  return [
    `River Raft benchmark, ${conditions.date}`,
    describeMachine(conditions),
    `${nodes} replicas on this machine, ${payloadBytes} B commands, closed loop: each caller proposes, awaits, proposes`,
    `again; callers in the ${from}'s process; ${warmup} s warm-up, ${seconds} s measured; the logs of all replicas are`,
    'compared before a figure is printed. CPU, in cores: the process with the callers + the other replicas. µs/op: CPU',
    'time of the process with the callers. Else: all other programs on this machine, in cores. Late: of the event loop',
    'with the callers, p99. Bare: the same load on plain sockets and O_DSYNC writes without Raft, right before.',
  ].join('\n')
}
