// Writes on their way to the disk when a later leader truncates what they carry.
import { expect, test } from 'vitest'
import { append, block, Solo } from './harness/solo.js'

test('the completion of a write that was overtaken by a truncation acknowledges nothing new', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.follow('B', 1)
  solo.disk.completeWrites()
  await solo.world.calm()
  // a, b, c are being written and d waits: the term of C comes to the disk with d, before X and Y do.
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c')]))
  await solo.receive('B', append(1, 3, 1, [block(4, 1, 'd')]))
  await solo.receive('C', append(2, 9, 2, []))
  await solo.receive('C', append(2, 1, 1, [block(2, 2, 'X', 'Y')]))
  solo.sent = []
  for (const entriesOnDisk of [3, 4]) {
    solo.disk.completeWrites()
    await solo.world.calm()
    expect(solo.disk.log).toHaveLength(entriesOnDisk)
    // Of what stands in the log now it made only a durable.
    expect(solo.take('AppendEntriesReply', 'C')).toEqual([])
  }
  expect(solo.disk.hardState.currentTerm).toBe(2)
  await solo.receive('C', append(2, 3, 2, []))
  expect(solo.take('AppendEntriesReply', 'C')).toMatchObject([{ term: 2, success: true, matchIndex: 1 }])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.take('AppendEntriesReply', 'C')).toMatchObject([{ term: 2, matchIndex: 3 }])
  expect(solo.disk.log).toEqual(['1/1 "a"', '2/2 "X"', '3/2 "Y"'])
  await solo.node.stop({ transfer: false })
})

test('one leader after another truncates while a write is under way: the disk ends with the last one’s log', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c')]))
  await solo.receive('C', append(2, 2, 1, [block(3, 2, 'X', 'Y')]))
  await solo.receive('B', append(3, 1, 1, [block(2, 3, 'Z')]))
  await solo.receive('C', append(4, 2, 3, [block(3, 4, 'last')], { leaderCommit: 3 }))
  while (solo.disk.pending.length > 0) {
    solo.disk.completeWrites()
    await solo.world.calm()
  }
  expect(solo.disk.log).toEqual(['1/1 "a"', '2/3 "Z"', '3/4 "last"'])
  expect(solo.disk.hardState).toEqual({ currentTerm: 4, votedFor: undefined })
  expect(solo.words).toEqual(['a', 'Z', 'last'])
  await solo.node.stop({ transfer: false })
})
