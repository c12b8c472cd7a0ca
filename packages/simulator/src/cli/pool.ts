// Jobs on several cores, each in a thread: whoever is free gets the next. A thread that dies or never answers takes its
// job with it, and that is told; another takes its place.
import { Worker } from 'node:worker_threads'

/** `lost`: why there is no result. */
export type Outcome<Job, Result> =
  | { readonly job: Job; readonly result: Result; readonly lost?: undefined }
  | { readonly job: Job; readonly lost: string }

export interface Pool<Job, Result> {
  /** A module that answers each message, a job, with one, its result. */
  readonly worker: URL
  readonly threads: number
  /** Real milliseconds that a job may take. */
  readonly jobMsMax: number
  /** Memory that a thread may take. */
  readonly heapMbMax: number
  /** The next job; undefined: no more. */
  next(): Job | undefined
  /** True: that was enough. */
  done(outcome: Outcome<Job, Result>): boolean
  /** Ends everything at once; jobs under way have no outcome. */
  readonly signal?: AbortSignal
}

export async function runJobs<Job, Result>(pool: Pool<Job, Result>): Promise<void> {
  const enough = new AbortController()
  const signal = AbortSignal.any([enough.signal, ...(pool.signal === undefined ? [] : [pool.signal])])
  const lane = async (): Promise<void> => {
    let thread: Worker | undefined
    try {
      for (let job = pool.next(); job !== undefined && !signal.aborted; job = pool.next()) {
        thread ??= newThread(pool.worker, pool.heapMbMax)
        const outcome = await runJob<Job, Result>(thread, job, pool.jobMsMax, signal)
        if (outcome === undefined) return
        if (outcome.lost !== undefined) {
          await thread.terminate()
          thread = undefined
        }
        if (pool.done(outcome)) enough.abort()
      }
    } finally {
      await thread?.terminate()
    }
  }
  await Promise.all(Array.from({ length: pool.threads }, lane))
}

function newThread(module: URL, heapMbMax: number): Worker {
  const thread = new Worker(module, { resourceLimits: { maxOldGenerationSizeMb: heapMbMax } })
  // An error between two jobs ends the thread, and that is heard with the next; unheard, it would end this process.
  return thread.on('error', () => {})
}

/** Undefined: it was ended from outside. */
function runJob<Job, Result>(
  thread: Worker,
  job: Job,
  msMax: number,
  signal: AbortSignal,
): Promise<Outcome<Job, Result> | undefined> {
  return new Promise((resolve) => {
    const lose = (why: string): void => settle({ job, lost: why })
    const listeners = {
      message: (result: Result) => settle({ job, result }),
      error: (error: Error) => lose(`its thread failed: ${error.stack ?? error.message}`),
      messageerror: (error: Error) => lose(`its result is unreadable: ${error.message}`),
      exit: (code: number) => lose(`its thread ended with code ${code}`),
    }
    const aborted = (): void => settle(undefined)
    const timer = setTimeout(() => lose(`no result within ${msMax / 1_000} s`), msMax)
    const settle = (outcome: Outcome<Job, Result> | undefined): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      for (const [event, listener] of Object.entries(listeners)) thread.off(event, listener)
      resolve(outcome)
    }
    for (const [event, listener] of Object.entries(listeners)) thread.on(event, listener)
    signal.addEventListener('abort', aborted)
    thread.postMessage(job)
  })
}
