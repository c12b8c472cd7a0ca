// Opening and closing files, in every mode.
import assert from 'node:assert/strict'
import type { OpenMode } from '../file-system.js'
import { type Contract, contentOf, create, failsWith, read, sync, using, write } from './place.js'

const CREATING: readonly OpenMode[] = ['create', 'create-log']
const WRITING: readonly OpenMode[] = ['write', 'log']
const EXISTING: readonly OpenMode[] = ['read', ...WRITING]

export const opening: Contract = {
  'a new file is empty, and is there at once': async (place) => {
    for (const mode of CREATING) {
      const path = `${place.directory}/${mode}`
      await using(place, path, mode, async (file) => assert.equal(await place.fileSystem.size(file), 0))
      assert.equal(await contentOf(place, path), '')
    }
  },

  'what exists is not created again, and stays as it is': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'first')
    for (const mode of CREATING) await failsWith('EEXIST', () => place.fileSystem.open(path, mode))
    assert.equal(await contentOf(place, path), 'first')
  },

  'what does not exist is not opened, and does not come to exist': async (place) => {
    for (const mode of EXISTING) {
      await failsWith('ENOENT', () => place.fileSystem.open(`${place.directory}/a`, mode))
    }
    assert.deepEqual(await place.fileSystem.list(place.directory), [])
  },

  'a file is not created in a directory that does not exist': async ({ fileSystem, directory }) => {
    for (const mode of CREATING) {
      await failsWith('ENOENT', () => fileSystem.open(`${directory}/missing/a`, mode))
    }
    await failsWith('ENOENT', () => fileSystem.list(`${directory}/missing`))
  },

  'an existing file is opened as it is, and every mode reads it': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    for (const mode of EXISTING) {
      assert.equal(await using(place, path, mode, (file) => read(place, file)), 'content', mode)
    }
  },

  'every mode but read writes and syncs': async (place) => {
    for (const creating of CREATING) {
      for (const writing of WRITING) {
        const path = `${place.directory}/${creating}-${writing}`
        const put = (mode: OpenMode, position: number, text: string): Promise<void> =>
          using(place, path, mode, async (file) => {
            await write(place, file, position, text)
            await sync(place, file)
          })
        await put(creating, 0, 'created')
        await put(writing, 6, '!')
        assert.equal(await contentOf(place, path), 'create!')
      }
    }
  },

  'a file that was opened to read is not written': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    await using(place, path, 'read', async (file) => {
      await failsWith('EBADF', () => write(place, file, 0, 'other'))
      await assert.rejects(place.fileSystem.truncate(file, 0))
    })
    assert.equal(await contentOf(place, path), 'content')
  },

  'one file may be open many times: all see what one writes': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'first')
    await using(place, path, 'write', (writer) =>
      using(place, path, 'log', (other) =>
        using(place, path, 'read', async (reader) => {
          await write(place, writer, 5, ' second')
          await write(place, other, 0, 'F')
          for (const file of [writer, other, reader]) assert.equal(await read(place, file), 'First second')
        }),
      ),
    )
  },

  'closing one leaves the others open': async (place) => {
    const path = `${place.directory}/a`
    await create(place, path, 'content')
    await using(place, path, 'read', async (reader) => {
      await using(place, path, 'write', (writer) => write(place, writer, 0, 'C'))
      assert.equal(await read(place, reader), 'Content')
    })
  },
}
