// Names: what there is, under which name, and what becomes of files that are open when their name goes.
import assert from 'node:assert/strict'
import { type Contract, contentOf, create, namesIn, read, using, write } from './place.js'

export const names: Contract = {
  'a directory lists what is in it, and no more': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/b`, 'x')
    await create(place, `${directory}/a.tmp`, 'x')
    await fileSystem.makeDirectory(`${directory}/below`)
    await create(place, `${directory}/below/c`, 'x')
    assert.deepEqual(await namesIn(place, directory), ['a.tmp', 'b', 'below'])
    assert.deepEqual(await namesIn(place, `${directory}/below`), ['c'])
  },

  'a directory is made with what is missing above it, and again without harm': async (place) => {
    const { fileSystem, directory } = place
    await fileSystem.makeDirectory(`${directory}/x/y/z`)
    await create(place, `${directory}/x/y/z/a`, 'kept')
    await fileSystem.makeDirectory(`${directory}/x/y/z`)
    await fileSystem.makeDirectory(`${directory}/x`)
    await fileSystem.syncDirectory(`${directory}/x/y`)
    assert.deepEqual(await namesIn(place, `${directory}/x`), ['y'])
    assert.deepEqual(await namesIn(place, `${directory}/x/y/z`), ['a'])
    assert.equal(await contentOf(place, `${directory}/x/y/z/a`), 'kept')
  },

  'one directory is made by many at once': async (place) => {
    const path = `${place.directory}/x/y`
    await Promise.all(Array.from({ length: 5 }, () => place.fileSystem.makeDirectory(path)))
    assert.deepEqual(await place.fileSystem.list(path), [])
  },

  'a renamed file is found under its new name alone': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'content')
    await fileSystem.rename(`${directory}/a`, `${directory}/b`)
    await fileSystem.syncDirectory(directory)
    assert.deepEqual(await namesIn(place, directory), ['b'])
    assert.equal(await contentOf(place, `${directory}/b`), 'content')
  },

  'renaming replaces what has the name': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'new')
    await create(place, `${directory}/b`, 'old and longer')
    await fileSystem.rename(`${directory}/a`, `${directory}/b`)
    assert.deepEqual(await namesIn(place, directory), ['b'])
    assert.equal(await contentOf(place, `${directory}/b`), 'new')
  },

  'a removed file is gone, and its name is free': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/a`, 'old and longer')
    await fileSystem.remove(`${directory}/a`)
    assert.deepEqual(await fileSystem.list(directory), [])
    await create(place, `${directory}/a`, 'new')
    assert.equal(await contentOf(place, `${directory}/a`), 'new')
  },

  'what is open outlives its name': async (place) => {
    const { fileSystem, directory } = place
    await create(place, `${directory}/renamed`, 'renamed')
    await create(place, `${directory}/replaced`, 'replaced')
    await create(place, `${directory}/removed`, 'removed')
    await using(place, `${directory}/renamed`, 'write', (renamed) =>
      using(place, `${directory}/replaced`, 'read', (replaced) =>
        using(place, `${directory}/removed`, 'write', async (removed) => {
          await fileSystem.rename(`${directory}/renamed`, `${directory}/replaced`)
          await fileSystem.remove(`${directory}/removed`)
          assert.equal(await read(place, replaced), 'replaced')
          await write(place, removed, 7, '!')
          assert.equal(await read(place, removed), 'removed!')
          await write(place, renamed, 7, '!')
        }),
      ),
    )
    assert.deepEqual(await namesIn(place, directory), ['replaced'])
    assert.equal(await contentOf(place, `${directory}/replaced`), 'renamed!')
  },
}
