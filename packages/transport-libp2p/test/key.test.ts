import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasCode } from '@riverraft/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadOrCreateKey, nodeIdOf } from '../src/index.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'riverraft-key-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('a key is created once and is the same ever after', async () => {
  const file = join(directory, 'deep', 'key')
  const [created, loaded] = [await loadOrCreateKey(file), await loadOrCreateKey(file)]
  expect(nodeIdOf(loaded)).toBe(nodeIdOf(created))
  expect(nodeIdOf(created)).toMatch(/^12D3KooW/)
  expect(await readdir(join(directory, 'deep'))).toEqual(['key'])
})

test.skipIf(process.platform === 'win32')('only its owner can read it', async () => {
  const file = join(directory, 'key')
  await loadOrCreateKey(file)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('whoever creates it at the same moment gets the same key', async () => {
  const file = join(directory, 'key')
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateKey(file)))
  expect(new Set(keys.map(nodeIdOf)).size).toBe(1)
  expect(await readdir(directory)).toEqual(['key'])
})

test('a file with something else in it is refused and left alone', async () => {
  const file = join(directory, 'key')
  await writeFile(file, 'not a key')
  const error = await loadOrCreateKey(file).catch((reason: unknown) => reason)
  expect(hasCode(error, 'ERR_INVALID_OPTION')).toBe(true)
  expect((await stat(file)).size).toBe(9)
})
