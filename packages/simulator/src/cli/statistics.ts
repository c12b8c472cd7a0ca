// What is told about many runs.
import { coverageRows, mergeCounts } from '../runner/coverage-table.js'
import { faultsOf } from '../runner/faults.js'
import type { Verdict } from '../runner/run.js'
import type { JobResult } from './worker.js'

/** A seed that counts: enough time, enough operations, enough kinds of fault, and rest at its end. */
const COUNTS_FROM = { simulatedMs: 60_000, operations: 500, faultKinds: 3 }
/** In the mean of those that count: many in one seed do not make up for none in others, but a mean is what we ask. */
export const LEADER_CHANGES_MEAN_MIN = 3

export class Statistics {
  readonly coverage: Map<string, number> = new Map()
  seeds = 0
  counting = 0
  simulatedMs = 0
  cpuMs = 0
  operations = 0
  violations = 0
  /** Seeds without a verdict: their thread died, or took too long. */
  lost = 0
  /** Of seeds that count. */
  #leaderChanges = 0
  /** Of clusters of five: what the speed is promised for. */
  #fiveMs = 0
  #fiveCpuMs = 0

  add({ verdict, cpuMs }: JobResult): void {
    this.seeds++
    if (counts(verdict)) {
      this.counting++
      this.#leaderChanges += verdict.leaderChanges
    }
    this.simulatedMs += verdict.simulatedMs
    this.cpuMs += cpuMs
    this.operations += verdict.operations
    if (verdict.violation !== undefined) this.violations++
    if (verdict.servers === 5) {
      this.#fiveMs += verdict.simulatedMs
      this.#fiveCpuMs += cpuMs
    }
    mergeCounts(this.coverage, verdict.coverage)
  }

  get leaderChangesMean(): number {
    return this.counting === 0 ? 0 : this.#leaderChanges / this.counting
  }

  /** Simulated seconds per second of one core. */
  get speed(): number {
    return this.simulatedMs / Math.max(1, this.cpuMs)
  }

  get speedOfFive(): number | undefined {
    return this.#fiveCpuMs === 0 ? undefined : this.#fiveMs / this.#fiveCpuMs
  }

  get faults(): number {
    return [...faultsOf(this.coverage).values()].reduce((sum, count) => sum + count, 0)
  }

  progress(realMs: number): string {
    const real = `${(realMs / 1_000).toFixed(0)} s`
    const simulated = `${(this.simulatedMs / 3_600_000).toFixed(2)} hours simulated`
    return `${real}: ${this.seeds} seeds, ${simulated}, ${this.faults} faults, ${this.#bad()}`
  }

  summary(realMs: number): string {
    const five = this.speedOfFive
    return [
      this.progress(realMs),
      `  ${this.counting} seeds count: 60 s, 500 operations, 3 kinds of fault, at rest in the end; ` +
        `${this.leaderChangesMean.toFixed(1)} leader changes in their mean`,
      `  ${this.operations} operations of clients`,
      ...this.#faultsByKind(),
      `  ${this.speed.toFixed(0)} simulated seconds per cpu second` +
        (five === undefined ? '' : `, ${five.toFixed(0)} for clusters of five`),
    ].join('\n')
  }

  /** A line for each subject. */
  #faultsByKind(): string[] {
    const subjects = new Map<string, string[]>()
    for (const [name, count] of [...faultsOf(this.coverage)].sort(([, a], [, b]) => b - a)) {
      const [subject, kind] = name.split(': ') as [string, string]
      subjects.set(subject, [...(subjects.get(subject) ?? []), `${kind} ${count}`])
    }
    return [...subjects].map(([subject, kinds]) => `  faults of ${subject}: ${kinds.join('; ')}`)
  }

  #bad(): string {
    return `${this.violations} violations${this.lost === 0 ? '' : `, ${this.lost} SEEDS WITHOUT A VERDICT`}`
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

export function counts({ simulatedMs, operations, faultKinds, violation }: Verdict): boolean {
  return (
    violation === undefined &&
    simulatedMs >= COUNTS_FROM.simulatedMs &&
    operations >= COUNTS_FROM.operations &&
    faultKinds >= COUNTS_FROM.faultKinds
  )
}
