#!/usr/bin/env node
// pnpm sim: clusters under faults, seed after seed.
import { runSeed } from '../runner/run.js'
import { replayOptions } from '../runner/simulate.js'
import { type Arguments, readArguments, USAGE } from './arguments.js'
import { runCampaign } from './campaign.js'
import { readReplay } from './failures.js'
import { registersRun } from './registers-run.js'

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Repeats a failure: 1 when it is still one. */
async function replay(file: string, trace: boolean): Promise<number> {
  const saved = readReplay(file)
  const say = trace ? { say: print } : {}
  const { violation, traceHash } = await runSeed(registersRun({ ...replayOptions(saved), ...say }))
  print(`expected: ${saved.property}: ${saved.message} (trace ${saved.traceHash})`)
  const got = violation === undefined ? 'no violation' : `${violation.property}: ${violation.message}`
  print(`got:      ${got} (trace ${traceHash})`)
  print(
    traceHash === saved.traceHash ? 'repeated exactly' : 'it went another way: the code is another by now',
  )
  return violation === undefined ? 0 : 1
}

async function traced(args: Arguments, seed: number): Promise<number> {
  const { seconds, servers } = args
  const run = registersRun({ seed, seconds, ...(servers === undefined ? {} : { servers }), say: print })
  const { violation, traceHash } = await runSeed(run)
  print(`trace ${traceHash}: ${violation === undefined ? 'no violation' : JSON.stringify(violation)}`)
  return violation === undefined ? 0 : 1
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2))
  if (args.replay !== undefined) return replay(args.replay, args.trace)
  if (args.trace && args.seeds !== undefined) return traced(args, args.seeds.from)
  return runCampaign(args, print)
}

try {
  process.exitCode = await main()
} catch (error) {
  print(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
