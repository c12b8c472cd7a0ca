// The chunks of a leader's snapshot, as they arrive (Raft §7, Figure 13): each byte counts once, and only when all is right.
import { expect, test } from 'vitest'
import { CHUNKS_MAX } from '../../src/node/snapshots/incoming-snapshot.js'
import { crc32 } from '../../src/wire/crc32-table.js'
import { EntryKind, encodeBlock } from '../../src/wire/entry-block.js'
import { encodeOpening } from '../../src/wire/open-session.js'
import { chunk, contentBytes } from './harness/chunks.js'
import { accepted, append, block, blockOf, Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

const progress = (solo: Solo): number[] =>
  solo.take('InstallSnapshotReply').map(({ nextOffset }) => nextOffset)

test('chunks out of order, repeated and overlapping: each byte counts once, and the sender is told where to go on', async () => {
  const solo = await Solo.start()
  const content = await contentBytes('a', 'b')
  const { length } = content
  await solo.receive('B', chunk(content, 20, 30))
  expect(progress(solo)).toEqual([0])
  await solo.receive('B', chunk(content, 0, 10))
  expect(progress(solo).at(-1)).toBe(10)
  await solo.receive('B', chunk(content, 0, 10))
  expect(progress(solo)).toEqual([10])
  await solo.receive('B', chunk(content, 5, 25))
  expect(progress(solo).at(-1)).toBe(25)
  await solo.receive('B', chunk(content, 25, length))
  await solo.world.until('it is installed', () => solo.node.status().lastApplied === 5)
  expect(solo.words).toEqual(['a', 'b'])
  expect(solo.take('InstallSnapshotReply').at(-1)).toMatchObject({ matchIndex: 5 })
  await solo.node.stop({ transfer: false })
})

test('a sender of the smallest chunks cannot make them take many times the memory of what they carry', {
  timeout: 60_000,
}, async () => {
  const stuck = { saveSnapshot: () => new Promise<void>(() => {}) }
  const solo = new Solo({ storage: { ...new Solo().disk.storage(), ...stuck } })
  await solo.start()
  const content = new Uint8Array(20_000)
  for (let at = 0; at < content.length; at += 1_000)
    await solo.receive('B', ...Array.from({ length: 1_000 }, (_, i) => chunk(content, at + i, at + i + 1)))
  expect(progress(solo).at(-1)).toBe(CHUNKS_MAX)
  await solo.node.stop({ transfer: false })
})

test('a content with another checksum than announced is dropped as a whole, and begins anew', async () => {
  const solo = await Solo.start()
  const content = await contentBytes('a')
  const dropped: string[] = []
  solo.node.on('SnapshotDropped', ({ reason }) => dropped.push(reason))
  const wrong = { contentChecksum: crc32(content) ^ 1 }
  await solo.receive('B', chunk(content, 0, content.length, wrong))
  expect(dropped).toEqual([expect.stringContaining('checksum')])
  expect(solo.disk.snapshot).toBeUndefined()
  expect(solo.node.status().lastApplied).toBe(0)
  await solo.receive('B', chunk(content, 0, content.length))
  await solo.world.until('it is installed', () => solo.node.status().lastApplied === 5)
  await solo.node.stop({ transfer: false })
})

test("a later leader's snapshot takes the place of one that is not complete (etcd#18055)", async () => {
  const solo = await Solo.start()
  const [first, second] = [await contentBytes('first'), await contentBytes('second', 'and more')]
  await solo.receive('B', chunk(first, 0, 10))
  await solo.receive('C', chunk(second, 0, 20, { term: 4, lastIncludedIndex: 6 }))
  // Late, from the leader of before.
  await solo.receive('B', chunk(first, 10, first.length))
  await solo.receive('C', chunk(second, 20, second.length, { term: 4, lastIncludedIndex: 6 }))
  await solo.world.until('it is installed', () => solo.node.status().lastApplied === 6)
  expect(solo.words).toEqual(['second', 'and more'])
  await solo.node.stop({ transfer: false })
})

test('a log that comes as far meanwhile makes the rest of it unnecessary', async () => {
  const solo = await Solo.start()
  const content = await contentBytes('a', 'b', 'c', 'd', 'e')
  await solo.receive('B', chunk(content, 0, 10))
  await solo.receive('B', append(3, 0, 0, [block(1, 2, 'a', 'b', 'c', 'd', 'e')], { leaderCommit: 5 }))
  expect(solo.words).toEqual(['a', 'b', 'c', 'd', 'e'])
  await solo.receive('B', chunk(content, 10, content.length))
  expect(solo.take('InstallSnapshotReply').at(-1)).toMatchObject({ matchIndex: 5 })
  expect(solo.disk.snapshot).toBeUndefined()
  const taken = watch(solo.node.takeSnapshot())
  await solo.world.until('its own is taken', () => taken.state === 'fulfilled')
  await solo.node.stop({ transfer: false })
})

test('writes that are under way are durable before the snapshot counts', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('B', append(2, 0, 0, [block(1, 2, 'x', 'y')]))
  const content = await contentBytes('a')
  await solo.receive('B', chunk(content, 0, content.length, { lastIncludedIndex: 2, lastIncludedTerm: 3 }))
  await solo.world.pass(500)
  expect(solo.disk.snapshot).toBeUndefined()
  expect(solo.take('InstallSnapshotReply').filter(({ matchIndex }) => matchIndex > 0)).toEqual([])
  solo.disk.writes = 'at once'
  solo.disk.completeWrites()
  await solo.world.until('it is installed', () => solo.node.status().lastApplied === 2)
  await solo.receive('B', append(3, 2, 3, [block(3, 3, 'b')], { leaderCommit: 3 }))
  expect(solo.words).toEqual(['a', 'b'])
  expect(solo.disk.log).toEqual(['3/3 "b"'])
  await solo.node.stop({ transfer: false })
})

test('a command of a session that was opened behind the snapshot is still under way: it is answered', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 3)
  const told = watch(solo.node.propose('later', { session: { id: 6, sequence: 1 }, timeoutMs: 60_000 }))
  await solo.world.calm()
  const forward = solo.take('Forward', 'B')[0]!
  const content = await contentBytes('a')
  await solo.receive('B', accepted(forward, 7), chunk(content, 0, content.length))
  await solo.world.until('it is installed', () => solo.node.status().lastApplied === 5)
  const opening = {
    kind: EntryKind.OpenSession,
    payload: encodeOpening({ ttlMs: 60_000, nonce: '0'.repeat(32) }),
  }
  const entries = [
    encodeBlock({ firstIndex: 6, term: 3, timestamp: 8 }, [opening]),
    blockOf(forward, 7, 3, 8),
  ]
  await solo.receive('B', append(3, 5, 2, entries, { leaderCommit: 7 }))
  expect(solo.words).toEqual(['a', 'later'])
  expect(told).toMatchObject({ state: 'fulfilled' })
  await solo.node.stop({ transfer: false })
})
