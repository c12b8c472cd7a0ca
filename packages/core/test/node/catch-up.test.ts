// Whoever is behind reads from storage what memory has given up: it must be the same log.
import { expect, test } from 'vitest'
import { append, block, Solo } from './harness/solo.js'

test('what a restarted follower fetched to apply is not applied once a new leader has replaced it', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c', 'd')]))
  await solo.node.stop()
  await solo.start()
  // Fetched with c and d, of which nobody knows yet whether they are committed.
  await solo.receive('B', append(1, 4, 1, [], { leaderCommit: 2 }))
  expect(solo.words).toEqual(['a', 'b'])
  await solo.receive('C', append(2, 3, 1, [block(4, 2, 'X', 'Y')], { leaderCommit: 5 }))
  expect(solo.words).toEqual(['a', 'b', 'c', 'X', 'Y'])
})

test('a fetch that overtakes the write of a truncation brings nothing back that was cut off', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c', 'd')]))
  solo.disk.completeWrites()
  await solo.node.stop()
  await solo.start()
  await solo.receive('C', append(2, 3, 1, [block(4, 2, 'X', 'Y')], { leaderCommit: 5 }))
  // The disk still holds d.
  expect(solo.disk.log.at(-1)).toBe('4/1 "d"')
  await solo.world.calm()
  expect(solo.words).toEqual(['a', 'b', 'c', 'X', 'Y'])
})

test('fetched blocks that were replaced, and whose successors left memory too, are fetched again', async () => {
  const solo = await Solo.start({ logCacheBytesMax: 1 })
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a'), block(2, 1, 'b'), block(3, 1, 'c')]))
  await solo.receive('B', append(1, 3, 1, [], { leaderCommit: 1 }))
  expect(solo.words).toEqual(['a'])
  await solo.receive('C', append(2, 1, 1, [block(2, 2, 'X')]))
  await solo.receive('C', append(2, 2, 2, [block(3, 2, 'Y')], { leaderCommit: 3 }))
  expect(solo.words).toEqual(['a', 'X', 'Y'])
})
