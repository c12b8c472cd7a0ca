// The power is lost at every moment of a recovery: all of it has happened, or nothing has.
import { assessRecovery, type Member, type RecoveryReport, recoverCluster } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import { expect, test } from 'vitest'
import { CrashableDisk } from '../conformance/crashable-disk.js'

const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))
const TICKS_MAX = 400

async function formatted(writesThrough: boolean): Promise<CrashableDisk> {
  const disk = new CrashableDisk(writesThrough)
  const storage = fileStorage({ directory: '/raft', fileSystem: disk.fileSystem(), segmentBytes: 8_192 })
  await storage.open({ clusterId: 'orders', nodeId: 'a', members, incarnation: '00112233445566ff' })
  const hardState = { currentTerm: 3, votedFor: 'b' }
  await new Promise<void>((resolve, reject) => {
    storage.write({ hardState, truncateFrom: undefined, blocks: [] }, (error) =>
      error === undefined ? resolve() : reject(error),
    )
  })
  await storage.close()
  return disk
}

const on = (disk: CrashableDisk) => ({
  storage: fileStorage({ directory: '/raft', fileSystem: disk.fileSystem(), segmentBytes: 8_192 }),
  id: 'a',
  clusterId: 'orders',
  // No chance: each run is to leave the same.
  scheduler: { randomBytes: (count: number) => new Uint8Array(count) },
})

test.each([true, false])('a recovery whose power is lost, writes through: %s', async (writesThrough) => {
  const before = await assessRecovery(on(await formatted(writesThrough)))
  let after: RecoveryReport | undefined
  let [nothing, all] = [0, 0]
  for (let ticks = 0; ticks < TICKS_MAX && all < 10; ticks++) {
    const disk = await formatted(writesThrough)
    let done = false
    recoverCluster(on(disk)).then(
      () => {
        done = true
      },
      () => {},
    )
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    const wasDone = done
    disk.losePower()
    const found = await assessRecovery(on(disk))
    if (found.generation === 0) {
      expect(wasDone, `done after ${ticks} ticks, and gone`).toBe(false)
      expect(found).toEqual(before)
      nothing++
      // Nothing happened: it can be done again.
      await recoverCluster(on(disk))
    } else all++
    after ??= await assessRecovery(on(disk))
    expect(await assessRecovery(on(disk)), `after ${ticks} ticks`).toEqual(after)
    await expect(recoverCluster(on(disk))).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  }
  expect(after).toMatchObject({ generation: 1, members: [{ id: 'a', role: 'voter' }], lastIndex: 2 })
  expect(nothing, 'never before it').toBeGreaterThan(5)
  expect(all, 'never behind it').toBe(10)
})
