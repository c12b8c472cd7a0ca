// The contract of the Storage port, on this machine's files. What a loss of power leaves is tried on simulated ones.
import { readdir } from 'node:fs/promises'
import { testStorage, testStorageDamage } from '@riverraft/conformance/storage'
import { test } from 'vitest'
import { fileStorage } from '../src/index.js'
import { flip } from './harness/directory.js'
import { quickDirectory } from './harness/helpers.js'

const placeIn = (directory: string) => ({ storage: () => fileStorage({ directory, segmentBytes: 8_192 }) })

testStorage(test, async (use) => use(placeIn(await quickDirectory())), { durable: true })

testStorageDamage(test, async (use) => {
  const directory = await quickDirectory()
  const damageSnapshot = async (): Promise<void> => {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.snap'))
    const newest = names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).at(-1)
    await flip(`${directory}/${newest}`, 1_000)
  }
  await use({ ...placeIn(directory), damageSnapshot })
})
