// How long to wait before dialling again.

/** Doubles from msMin to msMax; each wait is drawn from its upper half, so that peers do not dial in step. */
export class BackOff {
  readonly #msMin: number
  readonly #msMax: number
  readonly #random: () => number
  #nextMs: number

  constructor(msMin: number, msMax: number, random: () => number) {
    this.#msMin = msMin
    this.#msMax = msMax
    this.#random = random
    this.#nextMs = msMin
  }

  next(): number {
    const ms = this.#nextMs
    this.#nextMs = Math.min(ms * 2, this.#msMax)
    return ms * (0.5 + 0.5 * this.#random())
  }

  reset(): void {
    this.#nextMs = this.#msMin
  }
}
