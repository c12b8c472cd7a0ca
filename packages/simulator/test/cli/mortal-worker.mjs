// A thread that squares numbers, and dies of some.
import { parentPort } from 'node:worker_threads'

parentPort.on('message', async (job) => {
  if (job.dies === 'exit') process.exit(3)
  if (job.dies === 'exception') throw new Error('oops')
  if (job.dies === 'rejection') await Promise.reject(new Error('rejected'))
  if (job.dies === 'memory') for (const hoard = []; ; ) hoard.push(new Array(100_000).fill(job))
  if (job.dies === 'never') return
  parentPort.postMessage(job.number ** 2)
})
