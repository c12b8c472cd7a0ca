// whileLeader: a job that runs only while this node leads, one at a time, with the term as its fencing token.
import type { Term } from '../consensus/types.js'
import { RaftError } from '../ports/errors.js'
import type { Scheduler } from '../ports/scheduler.js'
import type { Leadership } from './leadership.js'
import type { LeaderJob } from './types.js'

interface Running {
  readonly term: Term
  readonly controller: AbortController
}

/** Settles as RaftNode.whileLeader says. */
export function whileLeader(
  leadership: Leadership,
  scheduler: Scheduler,
  job: LeaderJob,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    new WhileLeader(leadership, scheduler, job, signal, resolve, reject).begin()
  })
}

class WhileLeader {
  readonly #leadership: Leadership
  readonly #scheduler: Scheduler
  readonly #job: LeaderJob
  readonly #signal: AbortSignal | undefined
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  #running: Running | undefined
  /** Leads, and the job of this term has not begun: the one before has not settled, or the turn is not over. */
  #due: Term | undefined
  #over = false
  #stopListening: (() => void) | undefined

  constructor(
    leadership: Leadership,
    scheduler: Scheduler,
    job: LeaderJob,
    signal: AbortSignal | undefined,
    resolve: () => void,
    reject: (error: unknown) => void,
  ) {
    this.#leadership = leadership
    this.#scheduler = scheduler
    this.#job = job
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(): void {
    if (this.#signal?.aborted) return this.#resolve()
    this.#signal?.addEventListener('abort', this.#aborted)
    this.#stopListening = this.#leadership.listen({
      began: (term) => {
        this.#due = term
        // A job may do anything: not within the node's turn.
        this.#scheduler.nextTurn(() => this.#startDue())
      },
      ended: (reason) => this.#endJob(reason),
      stopped: (reason) => this.#end(reason),
    })
  }

  readonly #aborted = (): void =>
    this.#end(new RaftError('ERR_ABORTED', 'aborted by the caller', { cause: this.#signal?.reason }))

  #startDue(): void {
    if (this.#due === undefined || this.#running !== undefined || this.#over) return
    const running: Running = { term: this.#due, controller: new AbortController() }
    this.#due = undefined
    this.#running = running
    void this.#run(running)
  }

  async #run({ term, controller: { signal } }: Running): Promise<void> {
    try {
      await this.#job({ signal, term })
    } catch (error) {
      if (!signal.aborted || !saysAborted(error, signal)) return this.#fail(error)
    }
    this.#running = undefined
    if (this.#over) return this.#resolve()
    this.#startDue()
  }

  #fail(error: unknown): void {
    this.#running = undefined
    this.#finish()
    this.#reject(error)
  }

  #endJob(reason: RaftError): void {
    this.#due = undefined
    this.#running?.controller.abort(reason)
  }

  /** No further job; the promise waits for the one that runs. */
  #end(reason: RaftError): void {
    if (this.#over) return
    this.#finish()
    this.#endJob(reason)
    if (this.#running === undefined) this.#resolve()
  }

  #finish(): void {
    this.#over = true
    this.#stopListening?.()
    this.#signal?.removeEventListener('abort', this.#aborted)
  }
}

/** What a job throws because its signal fired: the reason itself, or the AbortError of what it called. */
function saysAborted(error: unknown, signal: AbortSignal): boolean {
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError')
}
