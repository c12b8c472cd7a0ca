// The ends of a storage's life: before `open`, after `close`, and what close does with what is under way.
import type { Storage } from '@riverraft/core'
import { check, failsWith, hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom } from './entries.js'
import { chunks, metadataOf } from './snapshot-content.js'

/** Every call fails. */
export async function isUnusable(bench: Bench, storage: Storage, when: string): Promise<void> {
  hasCode(await bench.write(batch([]), storage), 'ERR_STORAGE', `a write ${when}`)
  await failsWith('ERR_STORAGE', () => storage.read(1, 1), `read ${when}`)
  if (!bench.keepsSnapshots) return
  await failsWith('ERR_STORAGE', () => storage.saveSnapshot(metadataOf(1), chunks()), `saveSnapshot ${when}`)
  await failsWith('ERR_STORAGE', () => storage.openSnapshot(), `openSnapshot ${when}`)
  await failsWith('ERR_STORAGE', () => storage.compact(1), `compact ${when}`)
}

export const closing: Contract = {
  'before open every call fails, and closing does not': async (bench) => {
    await isUnusable(bench, bench.storage, 'before open')
    await bench.storage.close()
    await isUnusable(bench, bench.storage, 'closed before open')
    await bench.open()
    await bench.written(batch([block(1, 1)]))
  },

  'after close every call fails, and closing again does not': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 1)]))
    await bench.storage.close()
    await bench.storage.close()
    await isUnusable(bench, bench.storage, 'after close')
  },

  'closing many times at once is closing': async (bench) => {
    await bench.open()
    await Promise.all([bench.storage.close(), bench.storage.close(), bench.storage.close()])
    await bench.open()
    await bench.written(batch([block(1, 1)]))
  },

  'closing lets the write under way end first': async (bench) => {
    await bench.open()
    const order: string[] = []
    const writing = bench.write(batch([block(1, 2)])).then((error) => {
      order.push('written')
      return error
    })
    await bench.storage.close().then(() => order.push('closed'))
    const error = await writing
    same(order, ['written', 'closed'], 'the order in which they end')
    if (error !== undefined) hasCode(error, 'ERR_STORAGE', 'the write')
    if (!bench.durable) return
    const { runs } = await bench.reopen()
    if (error === undefined) same(runs, [{ firstIndex: 1, lastIndex: 2, term: 1 }], 'runs, reopened')
    same(await logFrom(bench.storage), runs.length === 0 ? [] : entries(1, 2), 'the log, reopened')
  },

  'a read under way at close gets its blocks, or an error': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 2)]))
    const reading = bench.storage.read(1, 1_000).then(
      (blocks) => check(blocks.length === 1, `read beside close: ${blocks.length} blocks`),
      (error: unknown) => hasCode(error, 'ERR_STORAGE', 'read beside close'),
    )
    await bench.storage.close()
    await reading
  },
}
