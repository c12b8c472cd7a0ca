// Calls of a system on their way: they take time, may hang, and their process may die before or after each of them.
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { SLOW_MS_MAX } from './disk-faults.js'

/** How long a call takes, beyond what any takes. */
export const Pace = { Usual: 0, Slow: 1, Hung: 2 } as const
export type Pace = (typeof Pace)[keyof typeof Pace]

export class Calls {
  readonly #world: World
  readonly #process: Process
  /** Calls that hang until the disk is healed. */
  readonly #hung = new Set<() => void>()

  constructor(world: World, process: Process) {
    this.#world = world
    this.#process = process
  }

  /** Does something after a while, as a crash point before and after, and with its process alive. */
  later(ms: number, run: () => void): void {
    if (!this.#process.reaches('file', false)) return
    this.#world.after(ms, () =>
      this.#process.run(() => {
        if (!this.#process.reaches('file', false)) return
        this.#world.touchPromises()
        run()
        this.#process.reaches('file', true)
      }),
    )
  }

  promise<Value>(ms: number, run: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.later(ms, () => {
        try {
          resolve(run())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  paced(what: 'write' | 'sync', pace: Pace, ms: number, finish: () => void): void {
    if (pace === Pace.Hung) {
      this.#world.coverage.hit(`disk: hung ${what}`)
      this.#hung.add(finish)
      return
    }
    if (pace === Pace.Slow) this.#world.coverage.hit(`disk: slow ${what}`)
    const slow = pace === Pace.Slow ? this.#world.tapes.disk.fraction() * SLOW_MS_MAX : 0
    this.later(ms + slow, finish)
  }

  /** What hung goes on. */
  release(): void {
    for (const finish of this.#hung) this.later(0, finish)
    this.#hung.clear()
  }
}
