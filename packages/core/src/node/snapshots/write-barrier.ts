// Waits for the writes of the log that are under way. A snapshot must not be durable before what was written before it: the
// disk would hold a state of a term that its hard state does not know.
import type { State } from '../../consensus/index.js'

interface Waiting {
  readonly write: number
  readonly pass: () => void
}

export class WriteBarrier {
  readonly #state: State
  readonly #wake: () => void
  #waiting: Waiting[] = []

  /** `wake` asks for a turn. */
  constructor(state: State, wake: () => void) {
    this.#state = state
    this.#wake = wake
  }

  /** Resolves when every write that was started by now is durable, or the node stops. */
  passed(): Promise<void> {
    const write = this.#state.writes.started
    return new Promise((pass) => {
      this.#waiting.push({ write, pass })
      this.#wake()
    })
  }

  /** Once a turn. */
  run(): void {
    if (this.#waiting.length === 0) return
    const { persisted } = this.#state.writes
    for (const { write, pass } of this.#waiting) if (write <= persisted) pass()
    this.#waiting = this.#waiting.filter(({ write }) => write > persisted)
  }

  stop(): void {
    for (const { pass } of this.#waiting.splice(0)) pass()
  }
}
