// Runs one mutant, or all: node test/mutations/run.mjs [NAME]. Prints the first seed that catches each; a survivor is a
// failure. The replacement happens while the built code is loaded, so nothing on disk changes.

import { fork } from 'node:child_process'
import { registerHooks } from 'node:module'
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
  const mutant = MUTANTS.find(({ name }) => name === wanted)
  if (mutant === undefined) throw new Error(`no such mutant: ${wanted}`)
  let applied = false
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${mutant.file}`)) return loaded
      const source = String(loaded.source).replace(mutant.from, mutant.to)
      applied ||= source !== String(loaded.source)
      return { ...loaded, source }
    },
  })
  const { registers, registerWorkload, runSeed } = await import('@riverraft/simulator')
  if (!applied) throw new Error(`${mutant.name}: its line is not in ${mutant.file} any more`)
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
