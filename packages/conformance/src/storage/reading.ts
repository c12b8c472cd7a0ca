// Reading: where it begins, where it ends, and what it shows beside a write.
import { check, same } from '../assert.js'
import type { Contract } from './bench.js'
import { batch, block, entries, logFrom, readChecked, textOf } from './entries.js'

function begins(log: readonly string[], seen: readonly string[]): boolean {
  return seen.length > 0 && seen.every((entry, i) => entry === log[i])
}

export const reading: Contract = {
  'it begins with the block that holds the index, and ends when the bytes are used up': async (bench) => {
    await bench.open()
    const blocks = [block(1, 2), block(3, 2), block(5, 2), block(7, 2)]
    const size = blocks[0]!.byteLength
    await bench.written(batch(blocks))
    await bench.always(async (storage) => {
      const two = textOf(await readChecked(storage, 4, 2 * size))
      check(two[0] === '3@1', `read(4) begins with ${two[0]}`)
      check(two.length <= 4, `read(4) with room for two blocks gives ${two.join(' ')}`)
      same(textOf(await readChecked(storage, 4, 2 * size - 1)), entries(3, 4), 'read(4), room for one block')
    })
  },

  'at least one block comes, however large it is': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 1, 1, { padding: 50_000 }), block(2, 1)]))
    await bench.always(async (storage) => {
      same(textOf(await readChecked(storage, 1, 1)), ['1@1'], 'read(1, 1)')
      same(textOf(await readChecked(storage, 2, 0)), ['2@1'], 'read(2, 0)')
    })
  },

  'nothing comes where there is no entry': async (bench) => {
    await bench.open()
    same(await bench.storage.read(1, 1_000), [], 'read(1) of an empty log')
    await bench.written(batch([block(1, 3)]))
    await bench.always(async (storage) => {
      for (const from of [0, 4, 1_000_000, Number.MAX_SAFE_INTEGER]) {
        same(await storage.read(from, 1_000), [], `read(${from}) of a log from 1 to 3`)
      }
    })
  },

  'reads may be many at once': async (bench) => {
    await bench.open()
    await bench.written(batch(Array.from({ length: 30 }, (_, i) => block(1 + 3 * i, 3))))
    await bench.always(async (storage) => {
      const logs = await Promise.all([1, 17, 40, 80].map((from) => logFrom(storage, from, 300)))
      same(
        logs,
        [1, 17, 40, 80].map((from) => entries(from, 90)),
        'four logs read at once',
      )
    })
  },

  'beside a write it shows the log before or after it, never a mixture': async (bench) => {
    await bench.open()
    let log = entries(1, 12)
    await bench.written(batch([block(1, 4), block(5, 4), block(9, 4)]))
    for (let term = 2; term < 12; term++) {
      const from = 3 + (term % 5)
      const after = [...log.slice(0, from - 1), ...entries(from, from + 6, term)]
      let over = false
      const writing = bench.write(batch([block(from, 3, term), block(from + 3, 4, term)], from))
      const written = writing.finally(() => {
        over = true
      })
      const look = async (first: number): Promise<void> => {
        const seen = textOf(await readChecked(bench.storage, first, 100_000))
        check(
          [log, after].some((one) => begins(one.slice(Number.parseInt(seen[0] ?? '', 10) - 1), seen)),
          `beside a write read(${first}) shows [${seen}], a piece of neither [${log}] nor [${after}]`,
        )
      }
      // One for each turn of the microtask queue, so that one comes in whatever state there is in between.
      do {
        const looks: Promise<void>[] = []
        for (let turn = 0; turn < 30 && !over; turn++) {
          // Both logs have an entry there.
          looks.push(look(1), look(from))
          await Promise.resolve()
        }
        await Promise.all(looks)
      } while (!over)
      const error = await written
      check(error === undefined, `write: it failed with ${error?.message}`)
      log = after
      same(await logFrom(bench.storage), log, 'the log after the write')
    }
  },
}
