// Calls that must fail, each with the code that the system has for it, and with nothing changed.
import assert from 'node:assert/strict'
import { type Contract, contentOf, create, failsWith, namesIn, read, sync, write } from './place.js'

export const errors: Contract = {
  'what is missing is neither listed, renamed nor removed': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/b`, 'kept')
    await failsWith('ENOENT', () => fileSystem.list(`${directory}/missing`))
    await failsWith('ENOENT', () => fileSystem.rename(`${directory}/missing`, `${directory}/b`))
    await failsWith('ENOENT', () => fileSystem.remove(`${directory}/missing`))
    assert.deepEqual(await namesIn(place, directory), ['b'])
    assert.equal(await contentOf(place, `${directory}/b`), 'kept')
  },

  'nothing is renamed into a directory that does not exist': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'kept')
    await failsWith('ENOENT', () => fileSystem.rename(`${directory}/a`, `${directory}/missing/a`))
    assert.equal(await contentOf(place, `${directory}/a`), 'kept')
  },

  'a file is no directory': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'kept')
    await failsWith('ENOTDIR', () => fileSystem.list(`${directory}/a`))
    await failsWith('EEXIST', () => fileSystem.makeDirectory(`${directory}/a`))
    assert.equal(await contentOf(place, `${directory}/a`), 'kept')
  },

  'a closed file serves for nothing': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'kept')
    const file = await fileSystem.open(`${directory}/a`, 'write')
    await fileSystem.close(file)
    await failsWith('EBADF', () => fileSystem.size(file))
    await failsWith('EBADF', () => read(place, file))
    await failsWith('EBADF', () => write(place, file, 0, 'lost'))
    await failsWith('EBADF', () => place.fileSystem.truncate(file, 0))
    await failsWith('EBADF', () => sync(place, file))
    await failsWith('EBADF', () => fileSystem.close(file))
    assert.equal(await contentOf(place, `${directory}/a`), 'kept')
  },
}
