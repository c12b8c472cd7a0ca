// Runs one mutant, or all: node test/mutations/run.mjs [NAME]. Prints the first seed that catches each; a survivor is a
// failure.

import { fork } from 'node:child_process'
import { MUTANTS } from './mutants.ts'

const SEEDS_MAX = 40

const wanted = process.argv[2]
if (wanted === undefined) {
  for (const { name } of MUTANTS) {
    await new Promise((resolve) =>
      fork(import.meta.filename, [name]).on('exit', (code) => {
        if (code !== 0) process.exitCode = 1
        resolve(undefined)
      }),
    )
  }
} else {
  process.env.RIVERRAFT_MUTANT = wanted
  const loader = await import('./load.mjs')
  const mutant = MUTANTS.find(({ name }) => name === wanted)
  const { registers, registerWorkload, runSeed } = await import('@riverraft/simulator')
  if (!loader.applied) throw new Error(`${mutant.name}: its line is not in ${mutant.file} any more`)
  // The seed that caught it first, then the others: a change of the simulator shuffles them.
  const seeds = [mutant.seed, ...Array.from({ length: SEEDS_MAX }, (_, i) => i + 1)]
  const caught = await firstCaught(seeds)
  process.stdout.write(`${mutant.name}: ${caught ?? `SURVIVED ${SEEDS_MAX} seeds`}\n`)
  process.exitCode = caught === undefined ? 1 : 0

  async function firstCaught(from) {
    for (const seed of from) {
      const { violation } = await runSeed({ stateMachine: registers, workload: registerWorkload, seed })
      if (violation !== undefined) return `seed ${seed}: ${violation.property}`
    }
    return undefined
  }
}
