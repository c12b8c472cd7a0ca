// One opener at a time, and salts that differ.
import assert from 'node:assert/strict'
import { type Contract, failsWith } from './place.js'

export const locks: Contract = {
  'a directory is locked by one alone, and again once it was released': async ({ fileSystem, directory }) => {
    for (let times = 0; times < 3; times++) {
      const release = await fileSystem.lock(directory)
      assert.equal(typeof release, 'function')
      assert.equal(await fileSystem.lock(directory), undefined)
      assert.equal(await fileSystem.lock(directory), undefined)
      await release!()
    }
  },

  'of many that lock at once one succeeds': async ({ fileSystem, directory }) => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => fileSystem.lock(directory)))
    const releases = taken.filter((release) => release !== undefined)
    assert.equal(releases.length, 1)
    await releases[0]!()
  },

  'each directory has a lock of its own': async ({ fileSystem, directory }) => {
    await fileSystem.makeDirectory(`${directory}/a`)
    await fileSystem.makeDirectory(`${directory}/b`)
    const [a, b] = [await fileSystem.lock(`${directory}/a`), await fileSystem.lock(`${directory}/b`)]
    assert.ok(a !== undefined && b !== undefined)
    await a()
    assert.equal(await fileSystem.lock(`${directory}/b`), undefined)
    await b()
  },

  'what is missing is not locked': async ({ fileSystem, directory }) => {
    await failsWith('ENOENT', () => fileSystem.lock(`${directory}/missing`))
  },

  'random numbers have 32 bits, and differ': async ({ fileSystem }) => {
    const drawn = Array.from({ length: 200 }, () => fileSystem.randomU32())
    for (const number of drawn) {
      assert.ok(Number.isInteger(number) && number >= 0 && number < 2 ** 32, String(number))
    }
    assert.ok(new Set(drawn).size > 190, 'they repeat')
    // Of 200, all without their highest bit: once in 2^200.
    assert.ok(Math.max(...drawn) >= 2 ** 31, 'the highest bit is never set')
    assert.ok(
      drawn.some((number) => number % 2 === 1),
      'the lowest bit is never set',
    )
  },
}
