// Virtual time for real nodes: turns and timers run when a test lets them, so that nothing sleeps and a seed repeats a run.
import { createHmac } from 'node:crypto'
import type { Scheduler, Wake } from '../../../src/ports/scheduler.js'

/** Turns in a row without time passing before the world calls it a hot loop. */
const TURNS_AT_ONCE_MAX = 20_000

/** What the wall clocks show when a world begins. */
export const WALL_EPOCH_MS = 1_700_000_000_000

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

export class World {
  now = 0
  /** Turns run since the beginning: what an idle node costs. */
  turnCount = 0
  readonly random: () => number
  #turns: (() => void)[] = []
  readonly #timers = new Set<Timer>()
  #order = 0
  #turnsAtOnce = 0

  constructor(seed = 1) {
    this.random = mulberry32(seed)
  }

  scheduler(): Scheduler {
    return {
      now: () => this.now,
      wallClock: () => WALL_EPOCH_MS + Math.floor(this.now),
      wakeAt: (at, callback) => this.wakeAt(at, callback),
      nextTurn: (callback) => this.nextTurn(callback),
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(this.random() * 256)),
      hmacSha256: async (key, message) => createHmac('sha256', key).update(message).digest(),
    }
  }

  nextTurn(callback: () => void): void {
    this.#turns.push(callback)
  }

  wakeAt(at: number, callback: () => void): Wake {
    const timer = { at, order: this.#order++, callback }
    this.#timers.add(timer)
    return { cancel: () => void this.#timers.delete(timer) }
  }

  /** Everything that waits for a turn; else the next timer. */
  async step(): Promise<void> {
    if (this.#turns.length > 0) {
      if (++this.#turnsAtOnce > TURNS_AT_ONCE_MAX) throw new Error('a hot loop: turns without time passing')
      const turns = this.#turns
      this.#turns = []
      this.turnCount += turns.length
      for (const turn of turns) turn()
    } else {
      this.#fire()
    }
    await macrotask()
  }

  #fire(): void {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order))
        next = timer
    }
    if (next === undefined) throw new Error('nothing will ever happen again')
    this.#timers.delete(next)
    this.now = Math.max(this.now, next.at)
    this.#turnsAtOnce = 0
    next.callback()
  }

  /** Runs until `condition` holds; a world where it does not within `ms` virtual milliseconds fails by name. */
  async until(what: string, condition: () => boolean, ms = 60_000): Promise<void> {
    const end = this.now + ms
    this.#turnsAtOnce = 0
    // What a promise has just been told is heard first.
    await macrotask()
    while (!condition()) {
      if (this.now > end) throw new Error(`not within ${ms} virtual milliseconds: ${what}`)
      await this.step()
    }
  }

  /** Lets virtual time pass. */
  async pass(ms: number): Promise<void> {
    let over = false
    this.wakeAt(this.now + ms, () => {
      over = true
    })
    await this.until('time passes', () => over, ms + 1)
  }

  /** Runs until nothing waits for a turn; time stands still. */
  async calm(): Promise<void> {
    await macrotask()
    while (this.#turns.length > 0) await this.step()
  }

  /** Runs until `promise` settles. */
  async outcome<T>(promise: Promise<T>, ms?: number): Promise<T> {
    const settled = watch(promise)
    await this.until('the promise settles', () => settled.state !== 'pending', ms)
    return promise
  }

  /** The error `promise` rejects with: `code`, or the message of what is no RaftError. */
  async failure(promise: Promise<unknown>, ms?: number): Promise<string> {
    try {
      await this.outcome(promise, ms)
    } catch (error) {
      return codeOf(error)
    }
    throw new Error('the promise was fulfilled')
  }
}

export interface Watched {
  state: 'pending' | 'fulfilled' | 'rejected'
  value: unknown
}

/** Looks at a promise without waiting for it. */
export function watch(promise: Promise<unknown>): Watched {
  const watched: Watched = { state: 'pending', value: undefined }
  promise.then(
    (value) => Object.assign(watched, { state: 'fulfilled', value }),
    (value) => Object.assign(watched, { state: 'rejected', value }),
  )
  return watched
}

export function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? String((error as Error).message)
}

/** Lets every promise that is settled be heard. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
