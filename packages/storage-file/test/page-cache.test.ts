// After a failed sync the page cache may show what is not on the disk, for as long as it likes.
import { readFile, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { segment } from './harness/directory.js'
import { FaultyDisk, withoutSpares } from './harness/faulty-disk.js'
import { block, everything, identity, quickDirectory, storageIn, stored, written } from './harness/helpers.js'

test.each([1, 3])(
  'what the cache drops between reading and rewriting is written as it was read: batch %i',
  async (batches) => {
    const directory = await quickDirectory()
    const storage = storageIn(directory, { fileSystem: withoutSpares() })
    await storage.open(identity)
    const path = segment(directory, 1)
    const states: Buffer[] = [Buffer.alloc(0)]
    for (let i = 1; i <= batches; i++) {
      const hardState = { currentTerm: i, votedFor: 'b' }
      await written(storage, { hardState, truncateFrom: undefined, blocks: [stored(block(i, 1, i))] })
      states.push(await readFile(path))
    }
    await storage.close()

    const fileSystem = new FaultyDisk()
    let dropped = false
    fileSystem.gate = async ({ kind, name, mode }) => {
      if (dropped || kind !== 'open' || mode !== 'write' || !name.endsWith('.segment')) return
      dropped = true
      // The disk never had the last batch: its sync had failed.
      const disk = Buffer.alloc(states[batches]!.length)
      states[batches - 1]!.copy(disk)
      await writeFile(path, disk)
    }
    const again = storageIn(directory, { fileSystem })
    const told = await again.open(identity)
    expect(dropped).toBe(true)
    expect(told.hardState).toEqual({ currentTerm: batches, votedFor: 'b' })
    await again.close()

    const later = storageIn(directory)
    expect((await later.open(identity)).hardState).toEqual(told.hardState)
    expect((await everything(later)).at(-1)).toBe(`${batches}@${batches}`)
  },
)
