// One direction between two nodes: carries what it is given, each after the delay of that moment.
import type { Delay } from './faults.js'
import type { Turns } from './turns.js'

export class Wire {
  readonly #turns: Turns
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  /** Grows with every cut: what set out under an older number arrives nowhere. */
  #epoch = 0

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** Calls `arrive` after `delay`, at the earliest in the next turn, unless the wire is severed before. */
  carry(delay: Delay, arrive: () => void): void {
    const ms = typeof delay === 'number' ? delay : delay()
    if (ms > 0) this.#after(ms, arrive)
    else this.#nextTurn(arrive)
  }

  /** Loses everything under way. */
  sever(): void {
    this.#epoch++
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }

  #nextTurn(arrive: () => void): void {
    const epoch = this.#epoch
    this.#turns.push(() => {
      if (epoch === this.#epoch) arrive()
    })
  }

  #after(ms: number, arrive: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      arrive()
    }, ms)
    this.#timers.add(timer)
  }
}
