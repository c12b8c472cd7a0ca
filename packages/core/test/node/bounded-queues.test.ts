// Queues that only a fault fills: they are bounded all the same.
import { expect, test } from 'vitest'
import { BlockSource } from '../../src/node/block-source.js'
import { Outbox } from '../../src/node/outbox.js'
import type { Storage } from '../../src/ports/storage.js'
import type { Frame } from '../../src/wire/frame.js'
import { FORWARD_COMMANDS_MAX } from '../../src/wire/limits.js'
import { block, Solo, success } from './harness/solo.js'
import { macrotask } from './harness/world.js'

test('promises that wait for a disk that hangs are dropped beyond a limit, as frames may be lost', () => {
  const frames: Frame[] = []
  const transport = { name: 'test', send: (_to: string, frame: Frame) => void frames.push(frame) }
  const outbox = new Outbox(transport as never, '0'.repeat(16))
  for (let i = 1; i <= 10_000; i++) outbox.add('B', success(1, i), i)
  outbox.persisted(10_000)
  outbox.flush()
  expect(frames.reduce((sum, { messages }) => sum + messages.length, 0)).toBe(4_096)
})

test('reads that a leader cannot confirm are refused beyond a limit, and are asked again', async () => {
  const solo = await Solo.start({ pendingReadsMax: 5 })
  const term = await solo.lead()
  for (let readId = 1; readId <= 20; readId++)
    await solo.receive('B', { type: 'ReadIndexRequest', term, readId, lease: false })
  const replies = solo.take('ReadIndexReply', 'B')
  expect(replies.map(({ readId, confirmed }) => `${readId} ${confirmed}`)).toEqual(
    Array.from({ length: 15 }, (_, i) => `${i + 6} false`),
  )
  await solo.node.stop({ transfer: false })
})

test('a follower puts a bounded number of commands into one message to the leader', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const count = FORWARD_COMMANDS_MAX * 2 + 1
  for (let i = 0; i < count; i++) solo.node.propose('x').catch(() => undefined)
  await solo.world.calm()
  const sizes = solo.take('Forward', 'B').map(({ commands }) => commands.length)
  expect(Math.max(...sizes)).toBe(FORWARD_COMMANDS_MAX)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count)
  await solo.node.stop({ transfer: false })
})

test('a block among those fetched is found by its index, and what is not among them is fetched', async () => {
  const asked: number[] = []
  const blocks = [block(5, 1, 'e', 'f'), block(7, 1, 'g'), block(8, 2, 'h', 'i', 'j')]
  const read = async (from: number) => {
    asked.push(from)
    return blocks
  }
  const storage = { read } as unknown as Storage
  const source = new BlockSource(storage, { loaded: () => undefined, failed: () => undefined })
  expect(source.find(5)).toBeUndefined()
  await macrotask()
  const found = [5, 6, 7, 8, 9, 10].map((index) => source.find(index)?.firstIndex)
  expect(found).toEqual([5, 5, 7, 8, 8, 8])
  expect(source.gather(6, 1)?.map(({ firstIndex }) => firstIndex)).toEqual([5])
  expect(source.gather(6, 10_000)?.map(({ firstIndex }) => firstIndex)).toEqual([5, 7, 8])
  expect(asked).toEqual([5])
  expect(source.find(4)).toBeUndefined()
  await macrotask()
  expect(source.find(11)).toBeUndefined()
  expect(asked).toEqual([5, 4, 11])
})
