import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryStorage } from '../src/index.js'
import { batch, block, identity, stored, text, write } from './helpers.js'

/** One batch, in proportions of whatever the log is by then. */
const step = fc.record({
  truncate: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  /** Entries of each new block, and how many known ones it repeats before them. */
  blocks: fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 5 }), known: fc.integer({ min: 0, max: 3 }) }),
    {
      maxLength: 3,
    },
  ),
  read: fc.double({ min: 0, max: 1, noNaN: true }),
})

test('whatever is written and truncated, it reads like a plain array of entries', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 400 }),
      async (steps, bytesMax) => {
        const storage = memoryStorage()
        await storage.open(identity)
        let model: string[] = []
        let term = 0
        for (const { truncate, blocks, read } of steps) {
          term++
          const truncateFrom = truncate === undefined ? undefined : 1 + Math.floor(truncate * model.length)
          if (truncateFrom !== undefined) model = model.slice(0, truncateFrom - 1)
          const storedBlocks = blocks.map(({ count, known }) => {
            const first = model.length + 1
            const skipped = Math.min(known, model.length)
            for (let index = first; index < first + count; index++) model.push(`${index}@${term}`)
            return stored(block(first - skipped, count + skipped, term), first)
          })
          expect(write(storage, batch(storedBlocks, truncateFrom))).toBeUndefined()

          if (model.length === 0) continue
          let from = 1 + Math.floor(read * (model.length - 1))
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
      },
    ),
    { numRuns: 200 },
  )
})
