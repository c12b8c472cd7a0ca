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

export async function runJob({ seed, seconds, servers }: Job): Promise<JobResult> {
  const before = process.threadCpuUsage()
  const options = registersRun({ seed, seconds, ...(servers === undefined ? {} : { servers }) })
  const verdict = await runSeed(options)
  const { user, system } = process.threadCpuUsage(before)
  const empty = { plan: [], nemesis: [], network: [], disk: [], clients: [] }
  const slim = verdict.violation === undefined ? { ...verdict, recording: empty } : verdict
  return { verdict: slim, cpuMs: (user + system) / 1_000 }
}

parentPort?.on('message', (job: Job) => {
  void runJob(job).then((result) => parentPort?.postMessage(result))
})
