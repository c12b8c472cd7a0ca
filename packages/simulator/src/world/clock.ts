// One machine's clocks: a monotonic one that may run fast or slow and leap ahead, and a wall clock that may leap either way.

/** Where the wall clocks stand when a run begins. */
const WALL_EPOCH_MS = 1_700_000_000_000

export class Clock {
  /** What the monotonic clock showed at world time `since`. */
  #base: number
  #since = 0
  #rate = 1
  #wallOffset = 0

  constructor(base: number) {
    this.#base = base
  }

  /** Node milliseconds at world time `at`. */
  monotonic(at: number): number {
    return this.#base + (at - this.#since) * this.#rate
  }

  wall(at: number): number {
    return Math.floor(WALL_EPOCH_MS + this.monotonic(at) + this.#wallOffset)
  }

  /** The first world time at which the monotonic clock shows `reading` or more. */
  worldTimeOf(reading: number): number {
    let at = this.#since + (reading - this.#base) / this.#rate
    // Rounding must not wake a timer a hair too early: it would only be set again, for ever.
    while (this.monotonic(at) < reading) at += 1e-6
    return at
  }

  setRate(now: number, rate: number): void {
    this.#base = this.monotonic(now)
    this.#since = now
    this.#rate = rate
  }

  /** The machine was suspended: its monotonic clock shows `ms` more at once. */
  leap(now: number, ms: number): void {
    this.#base = this.monotonic(now) + ms
    this.#since = now
  }

  /** Somebody set the wall clock, forward or back. */
  shiftWall(ms: number): void {
    this.#wallOffset += ms
  }

  /** Faults are over: the rate is right again. What the clocks show stays. */
  heal(now: number): void {
    this.setRate(now, 1)
  }
}
