// What bounds a link: its queue, its waits, its patience.
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BackOff } from '../../src/links/back-off.js'
import { FrameProgress } from '../../src/links/frame-progress.js'
import { FrameReader } from '../../src/links/frame-reader.js'
import { linkTransport } from '../../src/links/index.js'
import { OutboundQueue } from '../../src/links/outbound-queue.js'
import { Pressure } from '../../src/links/pressure.js'
import { hasCode } from '../../src/ports/errors.js'
import { MemoryNet } from './memory-connections.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const piece = (tag: number, bytes = 100): Uint8Array[] => [new Uint8Array(bytes).fill(tag)]
const tags = (pieces: readonly Uint8Array[]): number[] => pieces.map((bytes) => bytes[0]!)

test('a full queue drops the frame being sent, never one that waits', () => {
  const queue = new OutboundQueue(1_000)
  expect([1, 2, 3].map((tag) => queue.push(piece(tag), 100, 'other'))).toEqual([true, true, false])
  expect(tags(queue.take(10_000))).toEqual([1, 2])
  expect(queue.bytes).toBe(0)
})

test('an empty queue takes a frame of any size, or a large one could never be sent', () => {
  const queue = new OutboundQueue(1_000)
  expect(queue.push(piece(1, 5_000), 5_000, 'other')).toBe(true)
  expect(queue.push(piece(2), 100, 'other')).toBe(false)
})

test('a queued heartbeat gives way to a newer one, which goes behind what it speaks of', () => {
  const queue = new OutboundQueue(10_000)
  queue.push(piece(1), 100, 'heartbeat')
  queue.push(piece(2), 100, 'other')
  const before = queue.bytes
  queue.push(piece(3), 100, 'heartbeat')
  expect(queue.bytes).toBe(before)
  expect(tags(queue.take(10_000))).toEqual([2, 3])
  queue.push(piece(4), 100, 'heartbeat')
  expect(tags(queue.take(10_000))).toEqual([4])
})

test('parts of a snapshot leave one at a time, when nothing else waits, and take no room from the rest', () => {
  const queue = new OutboundQueue(2_000)
  expect(queue.push(piece(10, 1_500), 1_500, 'bulk')).toBe(true)
  expect(queue.push(piece(11, 1_500), 1_500, 'bulk')).toBe(false)
  queue.push(piece(1), 100, 'other')
  queue.push(piece(2), 100, 'heartbeat')
  queue.push(piece(12), 100, 'bulk')
  expect(tags(queue.take(10_000))).toEqual([1, 2])
  expect(tags(queue.take(10_000))).toEqual([10])
  queue.push(piece(3), 100, 'heartbeat')
  expect(tags(queue.take(10_000))).toEqual([3])
  expect(queue.bytes).toBe(0)
})

test('frames leave in batches of about the size asked for, at least one', () => {
  const queue = new OutboundQueue(100_000)
  for (const tag of [1, 2, 3, 4]) queue.push(piece(tag, 1_000), 1_000, 'other')
  expect(tags(queue.take(2_600))).toEqual([1, 2])
  expect(tags(queue.take(1))).toEqual([3])
  expect(tags(queue.take(1))).toEqual([4])
  expect(queue.take(1)).toEqual([])
})

test('whatever is pushed and taken, the queue stays in order, within its bound, and holds one heartbeat at most', () => {
  const operation = fc.oneof(
    fc.record({ bytes: fc.integer({ min: 1, max: 500 }), heartbeat: fc.boolean() }),
    fc.record({ take: fc.integer({ min: 1, max: 2_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const queue = new OutboundQueue(2_000)
      let waiting: { tag: number; heartbeat: boolean }[] = []
      let taken = 0
      for (const [index, step] of operations.entries()) {
        if ('take' in step) {
          const got = tags(queue.take(step.take))
          expect(got).toEqual(waiting.slice(0, got.length).map(({ tag }) => tag))
          waiting = waiting.slice(got.length)
          taken += got.length
        } else {
          const tag = index % 256
          if (step.heartbeat) waiting = waiting.filter(({ heartbeat }) => !heartbeat)
          const queued = queue.push(
            piece(tag, step.bytes),
            step.bytes,
            step.heartbeat ? 'heartbeat' : 'other',
          )
          if (queued) waiting.push({ tag, heartbeat: step.heartbeat })
        }
        expect(queue.bytes).toBeLessThanOrEqual(2_000)
        expect(queue.bytes > 0).toBe(waiting.length > 0)
      }
      expect(taken).toBeLessThanOrEqual(operations.length)
    }),
  )
})

test('waits double up to the longest, within their upper half, and start over after a reset', () => {
  const longest = new BackOff(50, 2_000, () => 1)
  expect([...Array(8)].map(() => longest.next())).toEqual([50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
  longest.reset()
  expect(longest.next()).toBe(50)
  expect(new BackOff(50, 2_000, () => 0).next()).toBe(25)
})

test('pressure is reported once per change, later than the send that caused it', async () => {
  const reports: boolean[] = []
  const pressure = new Pressure(1_000, (high) => reports.push(high))
  pressure.update(500)
  pressure.update(600)
  expect(reports).toEqual([])
  await vi.advanceTimersByTimeAsync(0)
  pressure.update(200)
  await vi.advanceTimersByTimeAsync(0)
  expect(reports).toEqual([true])
  pressure.update(125)
  await vi.advanceTimersByTimeAsync(0)
  expect(reports).toEqual([true, false])
  pressure.update(900)
  pressure.update(0)
  await vi.advanceTimersByTimeAsync(0)
  expect(reports).toEqual([true, false])
})

test('a frame that trickles in is given up; a large one that keeps coming is not', () => {
  const expired = vi.fn()
  const reader = new FrameReader(64 * 1024 * 1024, () => {})
  const progress = new FrameProgress(reader, 10_000, expired)
  const push = (bytes: Uint8Array): void => {
    reader.push(bytes)
    progress.watch()
  }
  push(new Uint8Array([0, 0, 0, 2])) // 32 MiB announced
  for (let i = 0; i < 60; i++) {
    push(new Uint8Array(200 * 1024))
    vi.advanceTimersByTime(1_000)
  }
  expect(expired).not.toHaveBeenCalled()
  for (let i = 0; i < 15 && expired.mock.calls.length === 0; i++) {
    push(new Uint8Array(1))
    vi.advanceTimersByTime(1_000)
  }
  expect(expired).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
})

test('between frames nobody is in a hurry', () => {
  const expired = vi.fn()
  const reader = new FrameReader(100, () => {})
  const progress = new FrameProgress(reader, 10_000, expired)
  reader.push(new Uint8Array([2, 0, 0]))
  progress.watch()
  reader.push(new Uint8Array([0, 7, 7]))
  vi.advanceTimersByTime(60_000)
  expect(expired).not.toHaveBeenCalled()
  expect(vi.getTimerCount()).toBe(0)
})

test('options that cannot be are refused before anything starts', () => {
  const invalid = [{ queueBytesMax: 0 }, { dialTimeoutMs: Number.NaN }, { backOffMsMin: 5, backOffMsMax: 4 }]
  for (const options of invalid) {
    try {
      linkTransport('memory', new MemoryNet().driver('a'), options)
      expect.unreachable()
    } catch (error) {
      expect(hasCode(error, 'ERR_INVALID_OPTION')).toBe(true)
    }
  }
})
