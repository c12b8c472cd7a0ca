// Runs seeds in a copy: everything is imported from there. One process per mutant, so that a bug that never ends or eats
// all memory ends with it.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Finding, RunAnswer, RunRequest } from './protocol.js'

type Simulator = typeof import('@riverraft/simulator')

const SHRINK_RUNS = 400
const SHRINK_MS = 60_000

const simulator = (await import(pathToFileURL(process.argv[2]!).href)) as Simulator
const { draws, replayOf, runSeed, shrink, registers, registerWorkload, checkFromOutside } = simulator

async function run({ seed, seconds, replayFile }: RunRequest): Promise<Finding | undefined> {
  const options = {
    stateMachine: registers,
    workload: registerWorkload,
    judge: checkFromOutside,
    seed,
    seconds,
  }
  const verdict = await runSeed(options)
  const { violation, simulatedMs } = verdict
  if (violation === undefined) return undefined
  const size = { draws: draws(verdict.recording), simulatedMs }
  if (replayFile === undefined) return { ...violation, size }
  const until = performance.now() + SHRINK_MS
  const smallest = await shrink(options, verdict, {
    runs: SHRINK_RUNS,
    over: () => performance.now() > until,
  })
  const replay = replayOf(smallest.verdict, 'registers', {
    seconds: smallest.options.seconds ?? seconds,
    servers: undefined,
    skipped: [...(smallest.options.skipped ?? [])],
  })
  writeFileSync(replayFile, `${JSON.stringify(replay)}\n`)
  const { recording, simulatedMs: smallestMs } = smallest.verdict
  return { ...violation, size, smallest: { draws: draws(recording), simulatedMs: smallestMs } }
}

process.on('message', (request: RunRequest) => {
  const { seed } = request
  const answer = (said: RunAnswer): void => void process.send?.(said)
  run(request).then(
    (finding) => answer({ seed, finding }),
    (error: Error) => answer({ seed, finding: undefined, error: error.stack ?? String(error) }),
  )
})
process.on('disconnect', () => process.exit())
