// Puts one mutant into the built code while it is loaded, so that nothing on disk changes: node --import this file, with
// its name in RIVERRAFT_MUTANT.

import { registerHooks } from 'node:module'
import { MUTANTS } from './mutants.ts'

const wanted = process.env.RIVERRAFT_MUTANT
const mutant = MUTANTS.find(({ name }) => name === wanted)
if (mutant === undefined) throw new Error(`no such mutant: ${wanted}`)

/** Whether its line was found. */
export let applied = false

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(`/${mutant.file}`)) return loaded
    const source = String(loaded.source).replace(mutant.from, mutant.to)
    applied ||= source !== String(loaded.source)
    return { ...loaded, source }
  },
})
