// Tells the node when a peer's queue is filling and when it has drained.

/** Between the two marks nothing changes, so that a queue around one mark does not chatter. */
const HIGH_SHARE = 1 / 2
const LOW_SHARE = 1 / 8

export class Pressure {
  readonly #highBytes: number
  readonly #lowBytes: number
  readonly #report: (high: boolean) => void
  #high = false
  #reported = false
  #scheduled = false

  constructor(queueBytesMax: number, report: (high: boolean) => void) {
    this.#highBytes = queueBytesMax * HIGH_SHARE
    this.#lowBytes = queueBytesMax * LOW_SHARE
    this.#report = report
  }

  /** Reports a change a microtask later: the port forbids calling the node from within its `send`. */
  update(queuedBytes: number): void {
    if (queuedBytes >= this.#highBytes) this.#high = true
    else if (queuedBytes <= this.#lowBytes) this.#high = false
    if (this.#high === this.#reported || this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      if (this.#high === this.#reported) return
      this.#reported = this.#high
      this.#report(this.#high)
    })
  }
}
