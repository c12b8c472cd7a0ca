// A directory that is read-only, and one that another node has: refused with the reason, and nothing is harmed.
import { once } from 'node:events'
import { join } from 'node:path'
import { defineStateMachine, RaftNode } from '@riverraft/core'
import { memoryNetwork } from '@riverraft/transport-memory'
import { expect, test } from 'vitest'
import { contentsOf } from './harness/directory.js'
import { findings, only } from './harness/findings.js'
import {
  batch,
  block,
  everything,
  identity,
  storageIn,
  stored,
  temporaryDirectory,
  written,
} from './harness/helpers.js'
import { member, runMember } from './harness/member.js'
import { MAY_MOUNT, remount, tinyMount } from './harness/tiny-mount.js'

test.runIf(MAY_MOUNT)(
  'a read-only file system is refused with the reason, and can be looked at',
  async () => {
    const mount = await tinyMount(1024 * 1024)
    const directory = join(mount, 'data')
    const storage = storageIn(directory)
    await storage.open(identity)
    await written(storage, batch([stored(block(1, 3))]))
    await storage.close()
    const before = await contentsOf(directory)
    remount(mount, 'ro')
    const starting = RaftNode.start({
      id: identity.nodeId,
      clusterId: identity.clusterId,
      members: identity.members,
      transport: memoryNetwork().transport(),
      storage: storageIn(directory),
      stateMachine: defineStateMachine({ initial: {}, apply: () => 0 }),
    })
    await expect(starting).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/cannot be opened.*The file system is read-only/),
      cause: { code: 'EROFS' },
    })
    const found = await findings(directory)
    expect(only(found, 'directory')).toMatchObject([{ inUse: 'no' }])
    expect(found.at(-1)).toMatchObject({ opens: 'yes', problems: 0 })
    expect(await contentsOf(directory)).toEqual(before)
    remount(mount, 'rw')
    await storage.open(identity)
    expect(await everything(storage)).toEqual(['1@1', '2@1', '3@1'])
  },
)

test('a second node on one directory is refused, and the first goes on', async () => {
  const directory = await temporaryDirectory()
  const { child, told } = member(directory, 'write', 0)
  const acknowledges = async (count: number): Promise<void> => {
    for (const enough = told.acknowledged.length + count; told.acknowledged.length < enough; ) {
      await once(child, 'message')
    }
  }
  await acknowledges(10)
  const second = await runMember(directory, 'write', 0)
  expect(second.refused).toMatchObject({
    code: 'ERR_STORAGE_LOCKED',
    message: expect.stringMatching(directory),
  })
  expect(second.acknowledged).toEqual([])
  await acknowledges(10)
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
  const third = await runMember(directory, 'read', 0)
  expect(third.numbers).toEqual(expect.arrayContaining(told.acknowledged))
})
