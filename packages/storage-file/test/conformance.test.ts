// The contract of the Storage port, on this machine's files. What a loss of power leaves is tried on simulated ones.
import { readdir } from 'node:fs/promises'
import { testStorage, testStorageDamage, testStorageFailures } from '@riverraft/conformance/storage'
import { test } from 'vitest'
import { type FileSystem, fileStorage } from '../src/index.js'
import { flip } from './harness/directory.js'
import { FaultyDisk, systemError } from './harness/faulty-disk.js'
import { quickDirectory } from './harness/helpers.js'

const placeIn = (directory: string, files: { readonly fileSystem?: FileSystem } = {}) => ({
  storage: () => fileStorage({ directory, segmentBytes: 8_192, ...files }),
})

testStorage(test, async (use) => use(placeIn(await quickDirectory())), { durable: true })

testStorageFailures(test, async (use) => {
  const fileSystem = new FaultyDisk({ writesThrough: false })
  const failWrites = async (): Promise<void> => {
    fileSystem.judge = ({ kind }) => (kind === 'write' || kind === 'sync' ? systemError('EIO') : undefined)
  }
  const mend = async (): Promise<void> => {
    fileSystem.judge = () => undefined
  }
  await use({ ...placeIn(await quickDirectory(), { fileSystem }), failWrites, mend })
})

testStorageDamage(test, async (use) => {
  const directory = await quickDirectory()
  const damageSnapshot = async (): Promise<void> => {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.snap'))
    const newest = names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1)
    await flip(`${directory}/${newest}`, 1_000)
  }
  await use({ ...placeIn(directory), damageSnapshot })
})
