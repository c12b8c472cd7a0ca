// A process that is killed while it writes: whatever it had acknowledged is there when the next one opens.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentOf, everything, identity, storageIn, temporaryDirectory } from './harness/helpers.js'

/** RIVERRAFT_KILLS=500 for a long run; RIVERRAFT_SEED repeats one. */
const { RIVERRAFT_KILLS, RIVERRAFT_SEED } = process.env
const KILLS = Number(RIVERRAFT_KILLS ?? 40)
const SEED = Number(RIVERRAFT_SEED ?? Date.now() % 1_000_000)

interface Begun {
  readonly type: 'begun'
  readonly truncateFrom: number | undefined
  readonly term: number
  readonly indexes: readonly (readonly [number, number])[]
}
type Told = Begun | { readonly type: 'opening' | 'opened' | 'acknowledged' }

/** What the log is after a batch. */
function after(log: readonly string[], { truncateFrom, term, indexes }: Begun): string[] {
  const next = truncateFrom === undefined ? [...log] : log.slice(0, truncateFrom - 1)
  for (const [first, last] of indexes)
    for (let index = first; index <= last; index++) next.push(`${index}@${term}`)
  return next
}

test(
  `${KILLS} kills, seed ${SEED}`,
  async () => {
    const directory = await temporaryDirectory()
    const script = join(import.meta.dirname, 'fixtures', 'writer.mjs')
    let log: string[] = []
    let term = 0
    let batches = 0
    let entries = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const seed = SEED * 1_000 + kill
      const how = kill % 2 === 0 ? 'O_DSYNC' : 'datasync'
      const child = fork(script, [directory, JSON.stringify(identity), String(seed), how], { execArgv: [] })
      let pending: Begun | undefined
      let acknowledged = 0
      // Acknowledgements before the kill, from none to a few hundred; some die while they open.
      const enough = kill % 4 === 0 ? ((kill / 4) % 4) - 1 : (seed * 7919) % 300
      child.on('message', (told: Told) => {
        if (told.type === 'begun') pending = told
        if (told.type === 'acknowledged') {
          log = after(log, pending!)
          term = pending!.term
          entries += pending!.indexes.reduce((sum, [from, to]) => sum + to - from + 1, 0)
          pending = undefined
          acknowledged++
        }
        if (told.type === 'opening' ? enough < 0 : acknowledged >= enough) child.kill('SIGKILL')
      })
      expect(await once(child, 'close'), `seed ${seed}`).toEqual([null, 'SIGKILL'])
      batches += acknowledged

      const storage = storageIn(directory)
      const state = await storage.open(identity)
      const first = state.runs[0]?.firstIndex ?? 1
      const found = [...log.slice(0, first - 1), ...(await everything(storage, first))]
      const possible = pending === undefined ? [log] : [log, after(log, pending)]
      expect(possible, `seed ${seed}`).toContainEqual(found)
      log = found
      expect([term, pending?.term ?? term], `seed ${seed}`).toContain(state.hardState.currentTerm)
      term = state.hardState.currentTerm
      if (state.snapshot !== undefined)
        expect(await contentOf(storage)).toBe(`state at ${state.snapshot.index}`)
      await storage.close()
    }
    console.log(
      `${KILLS} kills; ${entries} entries in ${batches} batches were acknowledged, and none was lost`,
    )
    expect(batches).toBeGreaterThan(KILLS * 10)
  },
  KILLS * 10_000,
)
