// One timer for all deadlines of a node: a timer a request would cost more than the request.
import type { Scheduler, Wake } from '../ports/scheduler.js'

/** Deadlines are looked at no more often than this; a request may overstay by as much. */
const SWEEP_MS_MIN = 5

export class Deadlines {
  readonly #scheduler: Scheduler
  readonly #sweep: (now: number) => number
  #wake: Wake | undefined
  #armedFor = Number.POSITIVE_INFINITY
  #stopped = false

  /** `sweep` gives up what is due and returns the earliest deadline that remains. */
  constructor(scheduler: Scheduler, sweep: (now: number) => number) {
    this.#scheduler = scheduler
    this.#sweep = sweep
  }

  /** There is a request with this deadline. */
  note(deadline: number): void {
    if (deadline >= this.#armedFor || this.#stopped) return
    this.#wake?.cancel()
    this.#armedFor = deadline
    this.#wake = this.#scheduler.wakeAt(deadline, () => {
      this.#armedFor = Number.POSITIVE_INFINITY
      const now = this.#scheduler.now()
      const next = this.#sweep(now)
      if (next !== Number.POSITIVE_INFINITY) this.note(Math.max(next, now + SWEEP_MS_MIN))
    })
  }

  stop(): void {
    this.#stopped = true
    this.#wake?.cancel()
  }
}
