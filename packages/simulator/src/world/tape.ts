// The recorded tape: every choice of a run is a draw from it. A draw of zero always means "nothing bad", so that a
// failing run can be made smaller by zeroing and deleting, and an exhausted tape means a quiet world.
import { type Random, seededRandom } from './random.js'

/** Each subject draws from a tape of its own: deleting a draw of one does not shift the meaning of all others. */
export const TAPE_NAMES = ['plan', 'nemesis', 'network', 'disk', 'clients'] as const
export type TapeName = (typeof TAPE_NAMES)[number]

export type Recording = Readonly<Record<TapeName, readonly number[]>>

export class Tape {
  readonly #random: Random | undefined
  readonly #given: readonly number[]
  #drawn: Uint32Array = new Uint32Array(1024)
  #count = 0

  /** With `random`: draws anew. Without: repeats `given`, then zeros. */
  constructor(random: Random | undefined, given: readonly number[] = []) {
    this.#random = random
    this.#given = given
  }

  /** A whole number from 0 to `count` - 1, all equally likely. */
  below(count: number): number {
    return this.#record(this.#random === undefined ? this.#next(count) : Math.floor(this.#random() * count))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    // A probability that is zero needs no draw: a fault that is not enabled costs nothing.
    if (probability <= 0) return false
    const hit = this.#random === undefined ? this.#next(2) : this.#random() < probability ? 1 : 0
    return this.#record(hit) === 1
  }

  /** Position 1.. of the weight that was hit, 0 when none was. Weights are probabilities, at most 1 together. */
  pick(weights: readonly number[]): number {
    if (this.#random === undefined) {
      // A draw that was made for other weights: what cannot happen does not, in a smaller run either.
      const given = this.#next(weights.length + 1)
      return this.#record((weights[given - 1] ?? 0) > 0 ? given : 0)
    }
    let at = this.#random()
    for (let i = 0; i < weights.length; i++) {
      at -= weights[i]!
      if (at < 0) return this.#record(i + 1)
    }
    return this.#record(0)
  }

  /** A number in [0, 1), coarse enough to be recorded and halved; small ones are the harmless ones. */
  fraction(): number {
    return this.below(1024) / 1024
  }

  get recorded(): number[] {
    return [...this.#drawn.subarray(0, this.#count)]
  }

  #next(count: number): number {
    return Math.min(this.#given[this.#count] ?? 0, count - 1)
  }

  #record(value: number): number {
    if (this.#count === this.#drawn.length) {
      const larger = new Uint32Array(this.#drawn.length * 2)
      larger.set(this.#drawn)
      this.#drawn = larger
    }
    this.#drawn[this.#count++] = value
    return value
  }
}

export type Tapes = Readonly<Record<TapeName, Tape>>

export function tapesOf(seed: number, recording: Recording | undefined): Tapes {
  const entries = TAPE_NAMES.map((name, i) => {
    const tape =
      recording === undefined ? new Tape(seededRandom(seed, i + 1)) : new Tape(undefined, recording[name])
    return [name, tape] as const
  })
  return Object.fromEntries(entries) as unknown as Tapes
}

export function recordingOf(tapes: Tapes): Recording {
  return Object.fromEntries(TAPE_NAMES.map((name) => [name, tapes[name].recorded])) as unknown as Recording
}
