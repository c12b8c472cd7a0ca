import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FaultyDisk } from './harness/faulty-disk.js'
import {
  batch,
  block,
  content,
  everything,
  identity,
  metadata,
  quickDirectory,
  storageIn,
  stored,
  text,
  written,
} from './harness/helpers.js'

/** One batch, in proportions of whatever the log is by then, and what happens after it. */
const step = fc.record({
  truncate: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  /** Entries of each new block, and how many known ones it repeats before them. */
  blocks: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 5 }),
      known: fc.integer({ min: 0, max: 3 }),
      padding: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: 500, max: 30_000 })),
    }),
    { maxLength: 3 },
  ),
  vote: fc.boolean(),
  read: fc.double({ min: 0, max: 1, noNaN: true }),
  next: fc.constantFrom('nothing', 'nothing', 'nothing', 'reopen', 'compact'),
})

test('whatever is written, truncated, compacted and reopened, it reads like a plain array of entries', async () => {
  let recycled = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.integer({ min: 1, max: 100_000 }),
      async (steps, bytesMax) => {
        const directory = await quickDirectory()
        const fileSystem = new FaultyDisk()
        const storage = storageIn(directory, { fileSystem, segmentBytes: 8192 })
        await storage.open(identity)
        let model: string[] = []
        let term = 0
        let hardState = { currentTerm: 0, votedFor: undefined as string | undefined }
        let compacted = 0
        for (const { truncate, blocks, vote, read, next } of steps) {
          term++
          const span = model.length - compacted
          const truncateFrom =
            truncate === undefined ? undefined : compacted + 1 + Math.floor(truncate * span)
          if (truncateFrom !== undefined) model = model.slice(0, truncateFrom - 1)
          const storedBlocks = blocks.map(({ count, known, padding }) => {
            const first = model.length + 1
            const skipped = Math.min(known, model.length)
            for (let index = first; index < first + count; index++) model.push(`${index}@${term}`)
            return stored(block(first - skipped, count + skipped, term, padding), first)
          })
          if (vote) hardState = { currentTerm: term, votedFor: term % 3 === 0 ? undefined : `n${term}` }
          await written(storage, {
            ...batch(storedBlocks, truncateFrom),
            hardState: vote ? hardState : undefined,
          })

          if (next === 'reopen') {
            await storage.close()
            const state = await storage.open(identity)
            expect(state.hardState).toEqual(hardState)
            const first = state.runs[0]?.firstIndex ?? model.length + 1
            expect(first).toBeLessThanOrEqual(compacted + 1)
            const terms = state.runs.flatMap((run) =>
              Array.from({ length: run.lastIndex - run.firstIndex + 1 }, () => run.term),
            )
            expect(terms).toEqual(model.slice(first - 1).map((entry) => Number(entry.split('@')[1])))
          } else if (next === 'compact' && model.length > compacted) {
            compacted = Math.ceil((compacted + model.length) / 2)
            const termOf = Number(model[compacted - 1]!.split('@')[1])
            await storage.saveSnapshot(metadata(compacted, termOf), content('state'))
            await storage.compact(compacted)
          }

          if (model.length === compacted) continue
          let from = compacted + 1 + Math.floor(read * (model.length - compacted - 1))
          while (from <= model.length) {
            const found = await storage.read(from, bytesMax)
            expect(found[0]!.firstIndex).toBeLessThanOrEqual(from)
            expect(found[0]!.lastIndex).toBeGreaterThanOrEqual(from)
            const last = found.at(-1)!.lastIndex
            expect(text(found)).toEqual(model.slice(found[0]!.firstIndex - 1, last))
            const bytes = found.reduce((sum, one) => sum + one.byteLength, 0)
            expect(found.length === 1 || bytes <= bytesMax).toBe(true)
            from = last + 1
          }
        }
        // The first block may begin before.
        const rest = await everything(storage, compacted + 1)
        expect(rest).toEqual(model.slice(model.length - rest.length))
        expect(rest.length).toBeGreaterThanOrEqual(model.length - compacted)
        await storage.close()
        recycled += fileSystem.trace.filter((line) => /^write .*\.spare$/.test(line)).length
      },
    ),
    { numRuns: 150 },
  )
  // Erased: each of them, sooner or later, becomes a segment again.
  expect(recycled).toBeGreaterThan(50)
})
