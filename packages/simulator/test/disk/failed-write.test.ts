// The file storage on a disk that failed it: whatever a later opening tells, no loss of power takes back.
import type { StorageIdentity, StoredState, WriteBatch } from '@riverraft/core'
import { type FileStorage, type FileSystem, fileStorage } from '@riverraft/storage-file'
import { expect, test } from 'vitest'
import { HEALTHY } from '../../src/disk/disk-faults.js'
import { tapesOf } from '../../src/world/tape.js'
import { inWorld, testDisk } from './harness.js'

const SEEDS = 150

const identity: StorageIdentity = {
  clusterId: 'simulation',
  nodeId: 'a',
  incarnation: '00112233445566ff',
  members: [{ id: 'a', address: 'a', role: 'voter' }],
}

const vote = (currentTerm: number): WriteBatch => ({
  hardState: { currentTerm, votedFor: 'b' },
  truncateFrom: undefined,
  blocks: [],
})

const storageOn = (fileSystem: FileSystem): FileStorage =>
  fileStorage({ directory: '/raft', segmentBytes: 4_096, fileSystem })

const open = (fileSystem: FileSystem): Promise<StoredState> => storageOn(fileSystem).open(identity)

const written = (storage: FileStorage, batch: WriteBatch): Promise<Error | undefined> =>
  new Promise((resolve) => storage.write(batch, resolve))

/** The term that the next opening tells after the vote in term 2 failed, and the one that is there without power. */
async function story(seed: number, writesThrough: boolean): Promise<{ told: number; kept: number }> {
  const { world, disk, boot, kill, losePower } = testDisk(tapesOf(seed, undefined), writesThrough)
  return inWorld(world, async () => {
    const storage = storageOn(boot())
    await storage.open(identity)
    expect(await written(storage, vote(1))).toBeUndefined()
    disk.faults = { ...HEALTHY, failedWrite: writesThrough ? 1 : 0.1 }
    // Ten times as often as a write, a sync fails: always.
    expect(await written(storage, vote(2))).toMatchObject({ code: 'ERR_STORAGE' })
    disk.faults = HEALTHY
    kill()
    const { hardState: told } = await open(boot())
    losePower()
    const { hardState: kept } = await open(boot())
    return { told: told.currentTerm, kept: kept.currentTerm }
  })
}

test.each([true, false])('writes through: %s', async (writesThrough) => {
  const seen = new Set<number>()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { told, kept } = await story(seed, writesThrough)
    expect(kept, `seed ${seed}`).toBe(told)
    seen.add(told)
  }
  // It is there or not; both happened.
  expect([...seen].sort()).toEqual([1, 2])
})
