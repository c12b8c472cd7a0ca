// Runs the seeds it is sent, in a thread of its own.
import { parentPort } from 'node:worker_threads'
import { runSeed, type Verdict } from '../runner/run.js'
import { registersRun } from './registers-run.js'

export interface Job {
  readonly seed: number
  readonly seconds: number
  readonly servers: number | undefined
}

/** What is told of a run; the recording of one that went well is not worth its bytes. */
export interface JobResult {
  readonly verdict: Verdict
  readonly cpuMs: number
}

/** Node 22 only knows what all threads use together: there, several jobs look slower than they are. */
const cpuUsage: typeof process.cpuUsage =
  (process.threadCpuUsage as typeof process.cpuUsage | undefined) ?? process.cpuUsage

async function runJob({ seed, seconds, servers }: Job): Promise<JobResult> {
  const before = cpuUsage.call(process)
  const options = registersRun({ seed, seconds, ...(servers === undefined ? {} : { servers }) })
  const verdict = await runSeed(options)
  const { user, system } = cpuUsage.call(process, before)
  const empty = { plan: [], nemesis: [], network: [], disk: [], clients: [] }
  const slim = verdict.violation === undefined ? { ...verdict, recording: empty } : verdict
  return { verdict: slim, cpuMs: (user + system) / 1_000 }
}

// An exception reaches the pool as this thread's end.
parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await runJob(job)))
