// What has come in for a knock and waits until the node takes it: a few messages at most.

/** In a dialogue each waits for the other: more is no dialogue. */
const WAITING_MAX = 4

export class Mailbox {
  #waiting: Uint8Array[] = []
  #taker: ((message: Uint8Array | undefined) => void) | undefined
  #isOver = false

  get isOver(): boolean {
    return this.#isOver
  }

  /** False: more wait than in any dialogue. */
  put(message: Uint8Array): boolean {
    if (this.#isOver) return true
    const taker = this.#taker
    this.#taker = undefined
    if (taker === undefined) return this.#waiting.push(message) <= WAITING_MAX
    taker(message)
    return true
  }

  /** The next message; undefined: none comes any more. One call at a time. */
  take(): Promise<Uint8Array | undefined> {
    const message = this.#waiting.shift()
    if (message !== undefined || this.#isOver) return Promise.resolve(message)
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  /** Nothing comes any more. What has come in before is still there to be taken. */
  end(): void {
    this.#isOver = true
    this.#taker?.(undefined)
    this.#taker = undefined
  }

  /** Nobody takes anything any more. */
  close(): void {
    this.#waiting = []
    this.end()
  }
}
