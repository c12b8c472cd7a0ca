// Seeds on several cores: each thread gets the next seed as soon as it is free.
import { Worker } from 'node:worker_threads'
import { type Job, type JobResult, runJob } from './worker.js'

/** Runs jobs until `next` has no more. `done` may end it by returning true. */
export async function runJobs(
  count: number,
  next: () => Job | undefined,
  done: (result: JobResult) => boolean,
): Promise<void> {
  if (count <= 1) {
    for (let job = next(); job !== undefined; job = next()) if (done(await runJob(job))) return
    return
  }
  const workers = Array.from({ length: count }, () => new Worker(new URL('./worker.js', import.meta.url)))
  try {
    await Promise.race([failureOf(workers), Promise.all(workers.map((worker) => feed(worker, next, done)))])
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

async function feed(
  worker: Worker,
  next: () => Job | undefined,
  done: (result: JobResult) => boolean,
): Promise<void> {
  for (let job = next(); job !== undefined; job = next()) {
    const result = await new Promise<JobResult>((resolve) => {
      worker.once('message', resolve)
      worker.postMessage(job)
    })
    if (done(result)) return
  }
}

/** A thread that ran out of memory or died otherwise is a failure, not a quiet success. */
function failureOf(workers: readonly Worker[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const worker of workers) worker.on('error', reject)
  })
}
