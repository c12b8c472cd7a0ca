#!/usr/bin/env node
// pnpm museum: deliberate bugs, each of which must be found.
import { mkdirSync, writeFileSync } from 'node:fs'
import { type Arguments, readArguments, USAGE } from './arguments.js'
import { type Exhibit, exhibit, isCaught, isCaughtByCheckersAlone, UNMUTATED } from './exhibition.js'
import { MUTANTS } from './mutants/index.js'
import { WANTED } from './mutants/wanted.js'
import { heading, row, summary } from './table.js'
import { tryMutant } from './trial.js'

/** Of all mutants, so many must be caught by the checkers alone. */
const BY_CHECKERS_ALONE_MIN = 20

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function main(): Promise<boolean> {
  const args = readArguments(process.argv.slice(2))
  const { only, seeds, jobs, invariants, saveReplay, wanted } = args
  const all = wanted ? WANTED : MUTANTS
  const mutants = all.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)))
  if (mutants.length === 0) throw new Error(`no mutant is called ${only.join(' or ')}`)
  if (saveReplay !== undefined) mkdirSync(saveReplay, { recursive: true })
  print(heading(seeds))
  const options = { seeds, jobs, invariants, replayDirectory: saveReplay }
  const known: Exhibit[] = []
  const exhibits = await exhibit(mutants, options, (one) => {
    print(row(one, seeds))
    // A museum takes long: whoever interrupts it keeps what is known.
    known.push(one)
    saveResults(args, known)
  })
  const perRangeMax = mostSeeds(exhibits)
  const unmutated = await tryMutant(UNMUTATED, { seeds, invariants: true, perRangeMax })
  const found = unmutated.ranges.filter((range) => range.finding !== undefined || range.died !== undefined)
  print(summary(exhibits))
  for (const { seed, finding, died } of found)
    print(
      `the build without a bug: seed ${seed}: ${finding ? `${finding.property}: ${finding.message}` : died}`,
    )
  print(
    `the build without a bug: ${found.length} findings on the same seeds, the first ${perRangeMax} of each range`,
  )
  for (const one of exhibits.filter((exhibit) => !isCaught(exhibit))) {
    print(`not caught: ${one.mutant.name}: ${one.mutant.story}`)
    for (const why of deathsOf(one)) print(`  ${why}`)
  }
  saveResults(args, exhibits)
  printReplays(args, exhibits)
  return found.length === 0 && exhibits.every(isCaught) && enoughByCheckers(args, exhibits)
}

/** Of a range, as many as any mutant met. */
function mostSeeds(exhibits: readonly Exhibit[]): number {
  const trials = exhibits.flatMap(({ withInvariants, withoutInvariants }) => [
    withInvariants,
    withoutInvariants,
  ])
  return Math.max(...trials.flatMap((trial) => trial?.ranges.map(({ seeds }) => seeds) ?? []))
}

function enoughByCheckers({ only, invariants, wanted }: Arguments, exhibits: readonly Exhibit[]): boolean {
  if (only.length > 0 || invariants === true || wanted) return true
  return exhibits.filter(isCaughtByCheckersAlone).length >= BY_CHECKERS_ALONE_MIN
}

function deathsOf({ withInvariants, withoutInvariants }: Exhibit): string[] {
  const ranges = [...(withInvariants?.ranges ?? []), ...(withoutInvariants?.ranges ?? [])]
  return ranges.flatMap(({ died }) => died ?? [])
}

function saveResults({ json, seeds }: Arguments, exhibits: readonly Exhibit[]): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify({ seeds, exhibits }, undefined, 2)}\n`)
}

function printReplays({ saveReplay }: Arguments, exhibits: readonly Exhibit[]): void {
  if (saveReplay === undefined) return
  for (const { mutant, withInvariants, withoutInvariants } of exhibits) {
    const ranges = (withoutInvariants ?? withInvariants)?.ranges ?? []
    const finding = ranges.find((range) => range.finding?.smallest !== undefined)?.finding
    if (finding?.smallest === undefined) continue
    const { size, smallest } = finding
    print(
      `${mutant.name}: from ${size.draws} draws in ${size.simulatedMs.toFixed(0)} ms to ${smallest.draws} in ` +
        `${smallest.simulatedMs.toFixed(0)} ms: ${saveReplay}/${mutant.name}.json`,
    )
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
try {
  if (!(await main())) process.exitCode = 1
} catch (error) {
  print(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
