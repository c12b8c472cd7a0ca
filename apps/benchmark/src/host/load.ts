// Callers in a closed loop: each proposes, awaits the answer, and proposes again.
import { setTimeout as pause } from 'node:timers/promises'
import { hasCode } from '@riverraft/core'
import { build, type Histogram } from 'hdr-histogram-js'
import type { LoadFigures, Rest } from '../control/commands.js'
import { commandBytes, stampSequence } from './machine.js'

export type Propose = (command: Uint8Array) => Promise<unknown>

/** Latencies are recorded in tenths of a microsecond, up to a minute. */
const TICKS_PER_MS = 10_000
const LATENCY_MS_MAX = 60_000
const AFTER_FAILURE_MS = 5

export class Load {
  readonly #propose: Propose
  readonly #payloadBytes: number
  readonly #latencies: Histogram = build({
    highestTrackableValue: LATENCY_MS_MAX * TICKS_PER_MS,
    numberOfSignificantValueDigits: 3,
  })
  readonly #callers: readonly Promise<void>[]
  #running = true
  #operations = 0
  #failures = 0
  #acknowledged = 0
  #unknown = 0

  constructor(propose: Propose, callers: number, payloadBytes: number) {
    this.#propose = propose
    this.#payloadBytes = payloadBytes
    // Another load on the same log has other callers.
    const first = crypto.getRandomValues(new Uint32Array(1))[0]!
    this.#callers = Array.from({ length: callers }, (_, i) => this.#call(first + i))
  }

  /** What was answered since the last call. */
  mark(): LoadFigures {
    const latencies = this.#latencies
    const figures = {
      operations: this.#operations,
      failures: this.#failures,
      p50Ms: latencies.getValueAtPercentile(50) / TICKS_PER_MS,
      p99Ms: latencies.getValueAtPercentile(99) / TICKS_PER_MS,
      maxMs: latencies.maxValue / TICKS_PER_MS,
    }
    latencies.reset()
    this.#operations = 0
    this.#failures = 0
    return figures
  }

  async rest(): Promise<Rest> {
    this.#running = false
    await Promise.all(this.#callers)
    return { acknowledged: this.#acknowledged, unknown: this.#unknown }
  }

  async #call(caller: number): Promise<void> {
    // A caller has one buffer: when its command is answered, nobody needs the bytes any more.
    let command = commandBytes(this.#payloadBytes, caller)
    let started = performance.now()
    for (let sequence = 0; this.#running; sequence++) {
      stampSequence(command, sequence)
      try {
        await this.#propose(command)
        const answered = performance.now()
        this.#latencies.recordValue(Math.round((answered - started) * TICKS_PER_MS))
        this.#operations++
        this.#acknowledged++
        started = answered
      } catch (error) {
        this.#failures++
        if (hasCode(error, 'ERR_OUTCOME_UNKNOWN')) this.#unknown++
        // It may still be on its way.
        command = commandBytes(this.#payloadBytes, caller)
        await pause(AFTER_FAILURE_MS)
        started = performance.now()
      }
    }
  }
}
