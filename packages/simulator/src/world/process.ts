// One life of one node's process: everything that runs in it runs through here, so that it can be paused and killed.
import type { Scheduler, Wake } from '@riverraft/core'
import type { Clock } from './clock.js'
import type { Random } from './random.js'
import type { World } from './world.js'

interface Timer {
  readonly reading: number
  readonly callback: () => void
  cancel: () => void
}

/** Where a process can be made to die: just before a call of a port, or just after. */
export type PortCall =
  | 'send'
  | 'write'
  | 'read'
  | 'open'
  | 'close'
  | 'listen'
  | 'hang-up'
  | 'file'
  | 'save snapshot'
  | 'open snapshot'
  | 'compact'

export class Process implements Scheduler {
  readonly world: World
  readonly clock: Clock
  alive = true
  /** Requests of clients, starts and stops under way: events of this process may settle promises. */
  openPromises = 0
  /** Called once, when it dies. */
  onDeath: (() => void) | undefined
  readonly #random: Random
  readonly #timers = new Set<Timer>()
  /** What happened to it while it could not run, in order. */
  #held: (() => void)[] = []
  /** How many reasons there are not to run. */
  #pauses = 0
  /** Milliseconds of processor time the present event has used. */
  #spent = 0
  #crash: { calls: number; readonly after: boolean } | undefined

  constructor(world: World, clock: Clock, random: Random) {
    this.world = world
    this.clock = clock
    this.#random = random
  }

  now(): number {
    return this.clock.monotonic(this.world.now + this.#spent)
  }

  wallClock(): number {
    return this.clock.wall(this.world.now + this.#spent)
  }

  wakeAt(reading: number, callback: () => void): Wake {
    const timer: Timer = { reading, callback, cancel: () => {} }
    this.#timers.add(timer)
    this.#arm(timer)
    return {
      cancel: () => {
        this.#timers.delete(timer)
        timer.cancel()
      },
    }
  }

  #arm(timer: Timer): void {
    const event = this.world.at(this.clock.worldTimeOf(timer.reading), () =>
      this.run(() => {
        if (this.#timers.delete(timer)) timer.callback()
      }),
    )
    timer.cancel = () => {
      event.run = undefined
    }
  }

  /** The clock was changed: what waits for a reading waits for another world time now. */
  rearmTimers(): void {
    for (const timer of this.#timers) {
      timer.cancel()
      this.#arm(timer)
    }
  }

  nextTurn(callback: () => void): void {
    this.world.soon(() => this.run(callback))
  }

  randomBytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => Math.floor(this.#random() * 256))
  }

  /** Something happens to this process: now, when it can run again, or never. */
  run(callback: () => void): void {
    if (!this.alive) return
    if (this.#pauses > 0) {
      this.#held.push(callback)
      return
    }
    callback()
    if (this.openPromises > 0) this.world.touchPromises()
    if (this.#spent > 0) this.#catchUp()
  }

  /** The code that runs uses the processor for so long: its clock goes on, and nothing else runs in it meanwhile. */
  spend(ms: number): void {
    this.#spent += ms
  }

  #catchUp(): void {
    const ms = this.#spent
    this.#spent = 0
    if (!this.alive) return
    this.pause()
    this.world.after(ms, () => this.#unpause())
  }

  pause(): void {
    this.#pauses++
  }

  /** Ends one pause. What happened meanwhile comes as a burst. */
  resume(): void {
    if (this.#held.length > 1) this.world.coverage.hit('process: burst after a pause')
    this.#unpause()
  }

  #unpause(): void {
    if (!this.alive || --this.#pauses > 0) return
    const held = this.#held
    this.#held = []
    for (const callback of held) this.world.soon(() => this.run(callback))
  }

  get paused(): boolean {
    return this.#pauses > 0
  }

  /** Dies at its `calls`-th call of a port from now on, before or after it. */
  crashAt(calls: number, after: boolean): void {
    this.#crash = { calls, after }
  }

  /** Every port asks this before and after what it does. False: the process is dead, nothing may come of the call. */
  reaches(call: PortCall, after: boolean): boolean {
    const crash = this.#crash
    if (crash !== undefined && this.alive && crash.after === after && --crash.calls <= 0) {
      this.world.coverage.hit(`crash ${after ? 'after' : 'before'} ${call}`)
      this.kill()
    }
    return this.alive
  }

  kill(): void {
    if (!this.alive) return
    this.alive = false
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.#held = []
    this.onDeath?.()
  }
}
