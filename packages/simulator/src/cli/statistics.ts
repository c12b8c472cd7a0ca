// What is told about many runs.
import { coverageRows, mergeCounts } from '../runner/coverage-table.js'
import type { Verdict } from '../runner/run.js'
import type { JobResult } from './worker.js'

/** A seed that counts: enough time, enough requests, enough kinds of fault. */
const COUNTS_FROM = { simulatedMs: 60_000, operations: 500, faultKinds: 3 }
/** A leader change in the mean is worth more than many of a few seeds. */
export const LEADER_CHANGES_MEAN_MIN = 3

export class Statistics {
  readonly coverage: Map<string, number> = new Map()
  seeds = 0
  counting = 0
  simulatedMs = 0
  cpuMs = 0
  operations = 0
  faults = 0
  leaderChanges = 0
  violations = 0
  /** Of clusters of five: what the speed is promised for. */
  fiveMs = 0
  fiveCpuMs = 0

  add({ verdict, cpuMs }: JobResult): void {
    this.seeds++
    if (counts(verdict)) this.counting++
    this.simulatedMs += verdict.simulatedMs
    this.cpuMs += cpuMs
    this.operations += verdict.operations
    this.faults += verdict.faults
    this.leaderChanges += verdict.leaderChanges
    if (verdict.violation !== undefined) this.violations++
    if (verdict.servers === 5) {
      this.fiveMs += verdict.simulatedMs
      this.fiveCpuMs += cpuMs
    }
    mergeCounts(this.coverage, verdict.coverage)
  }

  progress(realMs: number): string {
    const speed = this.simulatedMs / Math.max(1, this.cpuMs)
    return (
      `${seconds(realMs)}: ${this.seeds} seeds (${this.counting} count), ${seconds(this.simulatedMs)} simulated, ` +
      `${this.operations} requests, ${this.faults} faults, ${this.leaderChanges} leader changes, ` +
      `${this.violations} violations, ${speed.toFixed(0)} s per cpu second` +
      (this.fiveCpuMs > 0 ? ` (clusters of five: ${(this.fiveMs / this.fiveCpuMs).toFixed(0)})` : '')
    )
  }

  table(): string {
    return coverageRows(this.coverage)
      .map(({ name, count }) => `${String(count).padStart(10)}  ${name}${count === 0 ? '   <- never' : ''}`)
      .join('\n')
  }

  get missing(): string[] {
    return coverageRows(this.coverage).flatMap(({ name, count }) => (count === 0 ? [name] : []))
  }
}

export function counts({ simulatedMs, operations, faultKinds }: Verdict): boolean {
  return (
    simulatedMs >= COUNTS_FROM.simulatedMs &&
    operations >= COUNTS_FROM.operations &&
    faultKinds >= COUNTS_FROM.faultKinds
  )
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`
}
