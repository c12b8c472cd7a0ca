import type { Run, Storage } from '@riverraft/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { batch, block, content, contentOf, identity, snapshotOf, stored, text, write } from './helpers.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

const share = fc.double({ min: 0, max: 1, noNaN: true })

/** One step, in proportions of whatever the log is by then. */
const step = fc.record({
  truncate: fc.option(share, { nil: undefined }),
  /** Entries of each new block, and how many known ones it repeats before them. */
  blocks: fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 5 }), known: fc.integer({ min: 0, max: 3 }) }),
    { maxLength: 3 },
  ),
  newTerm: fc.boolean(),
  snapshot: fc.option(share, { nil: undefined, freq: 4 }),
  compact: fc.boolean(),
  reopen: fc.option(fc.constantFrom('process', 'server'), { nil: undefined, freq: 4 }),
  read: share,
})

/** The log as a plain array: entry `index` is the term at `index - 1`. */
class Model {
  terms: number[] = []
  /** Entries up to here may be gone. */
  compacted = 0
  snapshot = 0

  runs(first: number): Run[] {
    const runs: { firstIndex: number; lastIndex: number; term: number }[] = []
    for (let index = first; index <= this.terms.length; index++) {
      const term = this.terms[index - 1]!
      const last = runs.at(-1)
      if (last?.term === term) last.lastIndex = index
      else runs.push({ firstIndex: index, lastIndex: index, term })
    }
    return runs
  }
}

describeWithRedis('any history', () => {
  let server: RedisServer
  let histories = 0

  beforeAll(async () => {
    server = await RedisServer.start()
  })

  afterAll(() => server?.remove())

  async function expectLog(storage: Storage, model: Model, read: number, bytesMax: number): Promise<void> {
    const beyond = model.compacted
    let from = beyond + 1 + Math.floor(read * Math.max(0, model.terms.length - beyond - 1))
    while (from <= model.terms.length) {
      const blocks = await storage.read(from, bytesMax)
      const { firstIndex } = blocks[0]!
      const { lastIndex } = blocks.at(-1)!
      expect(firstIndex <= from && from <= blocks[0]!.lastIndex).toBe(true)
      const wanted = model.terms
        .slice(firstIndex - 1, lastIndex)
        .map((term, at) => `${firstIndex + at}@${term}`)
      expect(text(blocks)).toEqual(wanted)
      const bytes = blocks.reduce((sum, one) => sum + one.byteLength, 0)
      expect(blocks.length === 1 || bytes <= bytesMax).toBe(true)
      from = lastIndex + 1
    }
    expect(await storage.read(model.terms.length + 1, bytesMax)).toEqual([])
  }

  test('of writes, truncations, snapshots, compactions and restarts reads like a plain array', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 20 }),
        fc.integer({ min: 1, max: 600 }),
        async (steps, bytesMax) => {
          const options = { url: server.url, prefix: `history:${++histories}` }
          let storage = redisStorage(options)
          await storage.open(identity)
          const model = new Model()
          let term = 1
          for (const { truncate, blocks, newTerm, snapshot, compact, reopen, read } of steps) {
            // What a snapshot holds is committed: nobody truncates it. What is cut off is replaced in a later term.
            const room = model.terms.length - model.snapshot
            const truncateFrom =
              truncate === undefined ? undefined : 1 + model.snapshot + Math.floor(truncate * room)
            if (newTerm || truncateFrom !== undefined) term++
            if (truncateFrom !== undefined) model.terms.length = truncateFrom - 1
            const storedBlocks = blocks.map(({ count, known }) => {
              const first = model.terms.length + 1
              const skipped = Math.min(known, model.terms.length)
              for (let n = 0; n < count; n++) model.terms.push(term)
              return stored(block(first - skipped, count + skipped, term), first)
            })
            const hardState = { currentTerm: term, votedFor: newTerm ? 'b' : undefined }
            expect(await write(storage, { ...batch(storedBlocks, truncateFrom), hardState })).toBeUndefined()

            if (snapshot !== undefined && model.terms.length > 0) {
              const index = Math.max(model.snapshot, 1 + Math.floor(snapshot * (model.terms.length - 1)))
              await storage.saveSnapshot(
                snapshotOf(index, model.terms[index - 1]!),
                content(`state at ${index}`),
              )
              model.snapshot = index
            }
            if (compact) {
              await storage.compact(model.terms.length)
              model.compacted = model.snapshot
            }
            if (reopen === 'server') await server.restart('SIGKILL')
            if (reopen === 'process') {
              await storage.close()
              storage = redisStorage(options)
              const state = await storage.open(identity)
              expect(state.hardState).toEqual(hardState)
              expect(state.snapshot?.index ?? 0).toBe(model.snapshot)
              const first = state.runs[0]?.firstIndex ?? model.terms.length + 1
              expect(first).toBeLessThanOrEqual(model.compacted + 1)
              expect(state.runs).toEqual(model.runs(first))
            }
            await expectLog(storage, model, read, bytesMax)
            if (model.snapshot > 0) expect(await contentOf(storage)).toBe(`state at ${model.snapshot}`)
          }
          await storage.close()
          // Nothing is left behind: every block that Redis holds, the log knows.
          const fields = await Promise.all(
            (await server.admin.keys(`{${options.prefix}}:segment:*`)).map((key) => server.admin.hkeys(key)),
          )
          const known = await server.admin.zrange(`{${options.prefix}}:blocks`, '0', '-1')
          expect(fields.flat().sort()).toEqual([...known].sort())
        },
      ),
      { numRuns: 40 },
    )
  })
})
