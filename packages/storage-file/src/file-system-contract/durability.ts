// What must be there when the power comes back.
import assert from 'node:assert/strict'
import type { FileSystem } from '../file-system.js'
import { contentOf, create, namesIn, type Place, sync, using, write } from './place.js'

export interface PowerPlace extends Place {
  /** The power is lost and comes back, and with it another process, whose files these are. */
  readonly losePower: () => Promise<FileSystem>
}

export type PowerContract = Record<string, (place: PowerPlace) => Promise<void>>

/** The place, after it was without power. */
async function after(place: PowerPlace): Promise<Place> {
  return { ...place, fileSystem: await place.losePower() }
}

export const durability: PowerContract = {
  'what was synced is there, with its length': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'first')
    await fileSystem.syncDirectory(directory)
    await using(place, `${directory}/a`, 'write', async (file) => {
      await write(place, file, 3, 'second')
      await write(place, file, 5_000, 'far')
      await sync(place, file)
    })
    const later = await after(place)
    assert.equal(await contentOf(later, `${directory}/a`), `firsecond${'\0'.repeat(91)}`)
    await using(later, `${directory}/a`, 'read', async (file) =>
      assert.equal(await later.fileSystem.size(file), 5_003),
    )
  },

  'what was cut off and synced does not come back': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'content')
    await fileSystem.syncDirectory(directory)
    await using(place, `${directory}/a`, 'write', async (file) => {
      await fileSystem.truncate(file, 3)
      await sync(place, file)
    })
    assert.equal(await contentOf(await after(place), `${directory}/a`), 'con')
  },

  'one descriptor syncs what another one wrote': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'first')
    await fileSystem.syncDirectory(directory)
    await using(place, `${directory}/a`, 'write', (file) => write(place, file, 0, 'other'))
    await using(place, `${directory}/a`, 'write', (file) => sync(place, file))
    assert.equal(await contentOf(await after(place), `${directory}/a`), 'other')
  },

  'a write to a log is there when writes go through, and after a sync in any case': async (place) => {
    const { fileSystem, directory } = place
    for (const mode of ['create-log', 'log'] as const) {
      await using(place, `${directory}/a`, mode, async (file) => {
        await write(place, file, 0, mode)
        if (!fileSystem.writesThrough) await sync(place, file)
      })
      await fileSystem.syncDirectory(directory)
    }
    assert.equal(await contentOf(await after(place), `${directory}/a`), 'logate-log')
  },

  'names are as they were when their directory was synced': async (place) => {
    const { fileSystem, directory } = place
    for (const name of ['created', 'from', 'over', 'removed'])
      await create(place, `${directory}/${name}`, name)
    await fileSystem.syncDirectory(directory)
    await fileSystem.rename(`${directory}/from`, `${directory}/over`)
    await fileSystem.remove(`${directory}/removed`)
    await fileSystem.syncDirectory(directory)
    const later = await after(place)
    assert.deepEqual(await namesIn(later, directory), ['created', 'over'])
    assert.equal(await contentOf(later, `${directory}/over`), 'from')
  },

  'a directory that was made is there, with all above it': async (place) => {
    const { fileSystem, directory } = place
    await fileSystem.makeDirectory(`${directory}/x/y/z`)
    assert.deepEqual(await namesIn(await after(place), `${directory}/x/y/z`), [])
  },

  'a lock ends with its process': async (place) => {
    const { fileSystem, directory } = place
    assert.ok((await fileSystem.lock(directory)) !== undefined)
    const later = await after(place)
    assert.ok((await later.fileSystem.lock(directory)) !== undefined)
    assert.equal(await later.fileSystem.lock(directory), undefined)
  },
}
