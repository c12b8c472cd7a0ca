// Answers leave in batches, one macrotask after they were found: a thousand callers that propose again as soon as
// they are answered could otherwise starve sockets and timers.
import type { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'

/** A promise's two ends and, once known, what it will be told. */
export interface Answerable {
  answer(): void
}

/** A caller that waits. Settled exactly once: the first outcome stands. */
export class Waiter<Result> implements Answerable {
  readonly promise: Promise<Result>
  #resolve!: (result: Result) => void
  #reject!: (error: unknown) => void
  #result: Result | undefined
  #error: unknown
  /** True once the outcome is decided; the promise follows with the next batch of answers. */
  settled = false
  /** Cleans up what the caller's signal needs. */
  onSettled: (() => void) | undefined

  constructor() {
    this.promise = new Promise<Result>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  succeed(result: Result, answers: Answers): void {
    if (this.settled) return
    this.#result = result
    this.#settle(answers)
  }

  fail(error: RaftError | unknown, answers: Answers): void {
    if (this.settled) return
    this.#error = error
    this.#settle(answers)
  }

  #settle(answers: Answers): void {
    this.settled = true
    this.onSettled?.()
    answers.add(this)
  }

  answer(): void {
    if (this.#error === undefined) this.#resolve(this.#result as Result)
    else this.#reject(this.#error)
  }
}

export class Answers {
  readonly #scheduler: Scheduler
  #waiting: Answerable[] = []

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  add(answerable: Answerable): void {
    if (this.#waiting.push(answerable) === 1) this.#scheduler.nextTurn(() => this.#flush())
  }

  #flush(): void {
    const batch = this.#waiting
    this.#waiting = []
    for (const answerable of batch) answerable.answer()
  }
}
