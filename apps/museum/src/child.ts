// Runs seeds in a copy: everything is imported from there. One process per mutant, so that a bug that never ends or eats
// all memory ends with it.
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { RegisterCommand, Registers, Shrunk } from '@riverraft/simulator'
import { type Finding, type RunAnswer, type RunRequest, storyFile } from './protocol.js'

type Simulator = typeof import('@riverraft/simulator')
type Smallest = Shrunk<RegisterCommand, number | boolean, Registers>

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
  await save(smallest, replayFile)
  const { recording, simulatedMs: smallestMs } = smallest.verdict
  return { ...violation, size, smallest: { draws: draws(recording), simulatedMs: smallestMs } }
}

/** The replay, and beside it what happens in it, line by line: the story as somebody reads it. */
async function save({ options, verdict }: Smallest, replayFile: string): Promise<void> {
  const { seconds = 60, skipped = new Set() } = options
  const replay = replayOf(verdict, 'registers', { seconds, servers: undefined, skipped: [...skipped] })
  const lines: string[] = []
  const say = (line: string): void => void lines.push(line)
  const { violation, traceHash } = await runSeed({ ...options, recording: verdict.recording, say })
  if (traceHash !== verdict.traceHash) throw new Error(`the smallest run of ${replayFile} is not repeated`)
  lines.push(`${violation!.property}: ${violation!.message}`)
  writeFileSync(replayFile, `${JSON.stringify(replay)}\n`)
  writeFileSync(storyFile(replayFile), `${lines.join('\n')}\n`)
}

process.on('message', (request: RunRequest) => {
  const { seed } = request
  const answer = (said: RunAnswer): void => void process.send?.(said)
  run(request).then(
    (finding) => answer({ seed, finding }),
    (error: Error) => answer({ seed, finding: undefined, error: error.stack ?? String(error) }),
  )
})
// A bug may leave a failure that nobody hears. What the bug does to the cluster is judged, and not that.
process.on('unhandledRejection', () => {})
process.on('disconnect', () => process.exit())
