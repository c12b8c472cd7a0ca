// What a process used between two marks: time, CPU, and how late its event loop was.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Mark } from '../control/commands.js'

const RESOLUTION_MS = 10

export class Meter {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  #cpu = process.cpuUsage()
  #at: number = performance.now()

  constructor() {
    this.#delays.enable()
  }

  mark(): Omit<Mark, 'load'> {
    const { user, system } = process.cpuUsage(this.#cpu)
    const at = performance.now()
    const mark = {
      elapsedMs: at - this.#at,
      cpuSeconds: (user + system) / 1e6,
      // It measures from one of its timers to the next.
      loopDelayMsP99: Math.max(0, this.#delays.percentile(99) / 1e6 - RESOLUTION_MS),
    }
    this.#delays.reset()
    this.#cpu = process.cpuUsage()
    this.#at = at
    return mark
  }
}
