// Virtual time: one queue of events for everything, run in order, one at a time.
import { Coverage } from './coverage.js'
import { EventQueue, type Scheduled } from './event-queue.js'
import { macrotask } from './macrotask.js'
import type { Tapes } from './tape.js'
import { Trace } from './trace.js'

/** What was broken, by which rule, and when. */
export interface Violation {
  /** The checker's name: that of the property. */
  readonly property: string
  readonly message: string
  readonly atMs: number
}

/** Events in a row at one instant before it is called a hot loop. */
const AT_ONCE_MAX = 200_000
/** The host gets its chance this often at the latest: signals, timers of whoever runs us. */
const EVENTS_BETWEEN_BREATHS = 20_000

export class World {
  readonly tapes: Tapes
  readonly trace: Trace = new Trace()
  readonly coverage: Coverage = new Coverage()
  /** Milliseconds since the beginning. */
  now = 0
  eventCount = 0
  /** More events than this are a failure: a run must end by coming to rest, not by being given up. */
  eventsMax: number = Number.POSITIVE_INFINITY
  /** The first thing that went wrong: the run ends there. */
  violation: Violation | undefined
  /** Told of what happens, by whoever wants to read along. */
  say: ((line: string) => void) | undefined
  readonly #queue = new EventQueue()
  /** What happens at this very instant, in order, before time goes on. */
  #soon: (() => void)[] = []
  #soonAt = 0
  #promises = false
  #atOnce = 0

  constructor(tapes: Tapes) {
    this.tapes = tapes
  }

  at(time: number, run: () => void): Scheduled {
    return this.#queue.push(Math.max(time, this.now), run)
  }

  after(ms: number, run: () => void): Scheduled {
    return this.#queue.push(this.now + ms, run)
  }

  /** At this instant, after everything that waits at it already. */
  soon(run: () => void): void {
    this.#soon.push(run)
  }

  /** This event may have settled a promise: it is heard before the next event. */
  touchPromises(): void {
    this.#promises = true
  }

  fail(property: string, message: string): void {
    this.violation ??= { property, message, atMs: Math.round(this.now) }
  }

  /** Runs until world time `end`, or until `done`, or until something is violated. */
  async run(end: number, done: () => boolean = () => false): Promise<void> {
    await macrotask()
    while (this.violation === undefined && !done()) {
      const run = this.#next(end)
      if (run === undefined) break
      try {
        run()
      } catch (error) {
        this.fail(
          'no-exception-escapes',
          error instanceof Error ? (error.stack ?? error.message) : String(error),
        )
      }
      if (++this.eventCount > this.eventsMax)
        this.fail('ends-within-its-events', `${this.eventCount} events by ${Math.round(this.now)} ms`)
      if (this.#promises || this.eventCount % EVENTS_BETWEEN_BREATHS === 0) {
        this.#promises = false
        await macrotask()
      }
    }
    if (this.violation === undefined && !done()) this.now = Math.max(this.now, end)
  }

  #next(end: number): (() => void) | undefined {
    if (this.#soonAt < this.#soon.length) {
      if (++this.#atOnce > AT_ONCE_MAX) this.fail('no-hot-loop', 'events without time passing')
      return this.#soon[this.#soonAt++]
    }
    this.#soon.length = 0
    this.#soonAt = 0
    const at = this.#queue.nextAt
    if (at > end) return undefined
    const event = this.#queue.shift()
    if (at > this.now) this.#atOnce = 0
    this.now = at
    return event.run!
  }
}
