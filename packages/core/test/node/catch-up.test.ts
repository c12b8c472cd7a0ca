// Whoever is behind reads from storage what memory has given up: it must be the same log.
import { expect, test } from 'vitest'
import type { EntryBlock } from '../../src/wire/entry-block.js'
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js'
import { MESSAGE_BLOCKS_MAX } from '../../src/wire/limits.js'
import { append, block, incarnationOf, Solo, success } from './harness/solo.js'

test('what a restarted follower fetched to apply is not applied once a new leader has replaced it', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c', 'd')]))
  await solo.node.stop({ transfer: false })
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
  await solo.node.stop({ transfer: false })
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

test.each([
  { from: 'memory', restart: false },
  { from: 'storage', restart: true },
])('thousands of small blocks from $from are sent in messages that decode', async ({ restart }) => {
  const solo = await Solo.start()
  const count = MESSAGE_BLOCKS_MAX + 100
  const blocks = Array.from({ length: count }, (_, i) => block(i + 1, 1, `w${i}`))
  await solo.receive('C', append(1, 0, 0, blocks.slice(0, MESSAGE_BLOCKS_MAX)))
  await solo.receive('C', append(1, MESSAGE_BLOCKS_MAX, 1, blocks.slice(MESSAGE_BLOCKS_MAX)))
  if (restart) {
    await solo.node.stop({ transfer: false })
    await solo.start()
  }
  const term = await solo.lead({ acknowledge: false })
  const nothing = { success: false, matchIndex: 0, hintIndex: 0, hintTerm: 0, round: 0 } as const
  const received: EntryBlock[] = []
  const reply = { type: 'AppendEntriesReply', term, ...nothing, rejectedIndex: count } as const
  await solo.receive('B', reply)
  while (received.length < count + 1) {
    const messages = solo.take('AppendEntries', 'B').filter(({ entries }) => entries.length > 0)
    expect(messages).not.toEqual([])
    for (const message of messages) {
      const { pieces } = encodeFrame({ group: 0, incarnation: incarnationOf('A'), messages: [message] })
      decodeFrame(Uint8Array.from(Buffer.concat(pieces)))
      received.push(...message.entries)
    }
    await solo.receive('B', success(term, received.at(-1)!.lastIndex))
  }
  expect(received.map(({ firstIndex }) => firstIndex)).toEqual(received.map((_, i) => i + 1))
})
