// The table: a line per window, printed when its logs have been compared.
import type { Pair, PairListener, PairResult, Row } from '../run/pair.js'
import { type Column, count, lineOf } from './columns.js'

const COLUMNS: readonly Column[] = [
  { title: 'transport', width: 10, left: true },
  { title: 'storage', width: 8, left: true },
  { title: 'durable', width: 8, left: true },
  { title: 'callers', width: 7 },
  { title: 'ops/s', width: 9 },
  { title: 'p50 ms', width: 8 },
  { title: 'p99 ms', width: 8 },
  { title: 'CPU', width: 12 },
  { title: 'µs/op', width: 6 },
  { title: 'else', width: 5 },
  { title: 'late ms', width: 8 },
  { title: 'bare ops/s', width: 11 },
  { title: 'of bare', width: 8 },
]

export class Table implements PairListener {
  readonly #print: (line: string) => void
  #durable = false

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  head(): void {
    this.#print(
      lineOf(
        COLUMNS,
        COLUMNS.map(({ title }) => title),
      ),
    )
  }

  started(_pair: Pair, { durable }: Pick<PairResult, 'durable'>): void {
    this.#durable = durable
  }

  measured({ transport, storage }: Pair, { window, bare }: Row): void {
    this.#print(
      lineOf(COLUMNS, [
        transport,
        storage,
        this.#durable ? 'yes' : 'no',
        String(window.callers),
        count(window.opsPerSecond),
        milliseconds(window.p50Ms),
        milliseconds(window.p99Ms),
        cores(window),
        ((window.callersProcess.cpuSeconds * 1e6) / window.operations).toFixed(1),
        usedCores(window, window.elsewhereCpuSeconds),
        milliseconds(window.callersProcess.loopDelayMsP99),
        bare === null ? '-' : count(bare.opsPerSecond),
        bare === null ? '-' : `${Math.round((window.opsPerSecond / bare.opsPerSecond) * 100)} %`,
      ]),
    )
    if (window.voided > 0)
      this.#print(`  ${window.voided} windows before it void: leadership moved, or proposals failed`)
  }

  ended(result: PairResult): void {
    const { entriesCompared, acknowledged } = result
    this.#print(
      `  ${count(entriesCompared)} log entries equal on all replicas, ${count(acknowledged)} acknowledged`,
    )
    this.#print(`  writes unavailable after SIGKILL of the leader: ${describeFailover(result.failover)}`)
  }
}

function describeFailover(failover: PairResult['failover']): string {
  if (typeof failover === 'string') return failover
  const { unavailableMs, probes, acknowledged, refused, unknown, comparedAgain } = failover
  return (
    `${unavailableMs.toFixed(0)} ms (${probes} probes: ${acknowledged} acknowledged, ${refused} refused, ` +
    `${unknown} unknown); nothing acknowledged was lost, ${count(comparedAgain)} entries compared again`
  )
}

function cores(window: Row['window']): string {
  const { callersProcess, otherProcesses } = window
  const own = usedCores(window, callersProcess.cpuSeconds)
  if (otherProcesses.length === 0) return own
  const others = otherProcesses.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
  return `${own} + ${usedCores(window, others)}`
}

function usedCores({ elapsedMs }: Row['window'], cpuSeconds: number): string {
  return ((cpuSeconds * 1000) / elapsedMs).toFixed(2)
}

function milliseconds(value: number): string {
  return value.toFixed(value < 10 ? 3 : 1)
}
