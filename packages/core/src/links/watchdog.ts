// Notices that something has stopped. It counts ticks instead of reading a clock: when this process itself stalled, one
// late tick passes and the sockets are read before the next one judges.

/** Asks at every tick; expires after so many ticks in a row without `alive`. */
export class Watchdog {
  readonly #tickMs: number
  readonly #missesMax: number
  readonly #tick: () => void
  readonly #expired: () => void
  #misses = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(tickMs: number, missesMax: number, tick: () => void, expired: () => void) {
    this.#tickMs = tickMs
    this.#missesMax = missesMax
    this.#tick = tick
    this.#expired = expired
  }

  /** Starts counting, unless it counts already. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#misses = 0
    this.#schedule()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** A sign of life: counting begins again. `ticks` more are forgiven: something large is under way. */
  alive(ticks = 0): void {
    this.#misses = -ticks
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#schedule()
      if (this.#misses >= this.#missesMax) {
        this.stop()
        this.#expired()
        return
      }
      this.#misses++
      this.#tick()
    }, this.#tickMs)
  }
}
