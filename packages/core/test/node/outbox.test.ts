// What a turn has to say to one peer, and in which frames it leaves.
import { expect, test } from 'vitest'
import { Outbox } from '../../src/node/outbox.js'
import type { Frame } from '../../src/wire/frame.js'
import type { InstallSnapshotChunk } from '../../src/wire/messages.js'
import { append } from './harness/solo.js'

test('a heartbeat leaves before the chunks of its turn, in a frame without them (openraft#1810)', () => {
  const frames: Frame[] = []
  const transport = { name: 'test', send: (_to: string, frame: Frame) => void frames.push(frame) }
  const outbox = new Outbox(transport as never, '0'.repeat(16))
  const data = new Uint8Array(64)
  const point = { lastIncludedIndex: 5, lastIncludedTerm: 1, timestamp: 1, members: [] }
  const sizes = { totalBytes: 128, contentChecksum: 0 }
  const chunk: InstallSnapshotChunk = {
    type: 'InstallSnapshot',
    term: 1,
    ...point,
    ...sizes,
    offset: 0,
    data,
  }
  outbox.add('B', chunk, 0)
  outbox.add('B', { ...chunk, offset: 64 }, 0)
  outbox.add('B', append(1, 5, 1, []), 0)
  outbox.flush()
  expect(frames.map(({ messages }) => messages.map(({ type }) => type))).toEqual([
    ['AppendEntries'],
    ['InstallSnapshot'],
    ['InstallSnapshot'],
  ])
})
