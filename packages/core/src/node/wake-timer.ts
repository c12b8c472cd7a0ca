// The one timer of consensus. One that comes late tells of a stalled event loop: then what waits in the sockets is heard
// before anybody is judged by silence.
import type { Scheduler, Wake } from '../ports/scheduler.js'

export class WakeTimer {
  readonly #scheduler: Scheduler
  readonly #lateMs: number
  readonly #due: () => void
  #wake: Wake | undefined
  /** How late the last wake-up came, in milliseconds. */
  loopDelayMs = 0

  /** `due` is called when the time has come; `lateMs`: a wake-up that is later than this is late. */
  constructor(scheduler: Scheduler, lateMs: number, due: () => void) {
    this.#scheduler = scheduler
    this.#lateMs = lateMs
    this.#due = due
  }

  /** Replaces every earlier wish. */
  set(at: number): void {
    this.#wake?.cancel()
    this.#wake = this.#scheduler.wakeAt(at, () => {
      this.loopDelayMs = this.#scheduler.now() - at
      if (this.loopDelayMs <= this.#lateMs) return this.#due()
      // The first turn ends with the sockets being read, the second with what they brought being in the inbox.
      this.#scheduler.nextTurn(() => this.#scheduler.nextTurn(this.#due))
    })
  }

  cancel(): void {
    this.#wake?.cancel()
  }
}
