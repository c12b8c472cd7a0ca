// A snapshot that is damaged where it is kept: a wrong byte is never given out. For places that can damage one.
import { failsWith, hasCode, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, entries, logFrom } from './entries.js'
import type { DamagePlace } from './place.js'
import { bytes, chunks, collect, expectSnapshot, metadataOf } from './snapshot-content.js'

/** Opens with the newest snapshot damaged; the error, if it is refused. */
async function openDamaged(bench: Bench<DamagePlace>): Promise<unknown> {
  await bench.storage.close()
  await bench.place.damageSnapshot()
  return bench.reopen().then(
    () => undefined,
    (error: unknown) => error,
  )
}

export const damage: Contract<DamagePlace> = {
  'a damaged snapshot is refused, or the log stands in for it': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('older'))
    await bench.storage.saveSnapshot(metadataOf(5), chunks(bytes(1_500_000, 1)))
    const refused = await openDamaged(bench)
    if (refused !== undefined) return hasCode(refused, 'ERR_STORAGE_CORRUPT', 'open')
    const opened = await bench.storage.openSnapshot()
    if (opened?.metadata.index === 5) {
      const { content } = opened
      return failsWith('ERR_STORAGE_CORRUPT', () => collect(content), 'reading the damaged snapshot')
    }
    if (opened !== undefined) await expectSnapshot(bench.storage, metadataOf(2), 'older')
    same(await logFrom(bench.storage, 3), entries(3, 9), 'the log that stands in')
  },

  'a damaged snapshot that the log does not replace is refused': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 9)]))
    await bench.storage.saveSnapshot(metadataOf(2), chunks('older'))
    await bench.storage.saveSnapshot(metadataOf(20, 3), chunks(bytes(5_000, 2)))
    const refused = await openDamaged(bench)
    if (refused !== undefined) return hasCode(refused, 'ERR_STORAGE_CORRUPT', 'open')
    const opened = await bench.storage.openSnapshot()
    same(opened?.metadata.index, 20, 'index of the snapshot that is served')
    await failsWith('ERR_STORAGE_CORRUPT', () => collect(opened!.content), 'reading the damaged snapshot')
  },
}
