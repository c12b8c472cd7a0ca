// The window per follower: grown to what a path holds, shrunk when what is sent only waits.
import { describe, expect, test } from 'vitest'
import type { ConsensusOptions } from '../../src/consensus/index.js'
import { WINDOW_BYTES_START, WINDOW_MESSAGES_START } from '../../src/consensus/window.js'
import { OPTIONS } from '../harness/options.js'
import { Path } from '../harness/path.js'

const KIB = 1_024
const MIB = 1_024 * KIB
const options: ConsensusOptions = {
  ...OPTIONS,
  inFlightBytesMax: 4 * MIB,
  inFlightMessagesMax: 256,
  messageBytesMax: MIB,
}
const LAN = { roundTripMs: 0.2, bytesPerMs: MIB }
const WAN = { roundTripMs: 100, bytesPerMs: MIB }

test('it begins small, so that a slow link is not flooded before anything is known of it', () => {
  const path = new Path(LAN, options)
  expect(path.follower.window).toMatchObject({ bytes: WINDOW_BYTES_START, messages: WINDOW_MESSAGES_START })
  path.run(0)
  expect(path.mostBytes).toBe(WINDOW_BYTES_START)
})

test('on a local network it is as large as it may be within a few milliseconds', () => {
  const path = new Path(LAN, options).run(10)
  expect(path.follower.window.bytes).toBe(4 * MIB)
  // Nothing is lost against a window that was so large from the beginning.
  path.deliveredBytes = 0
  path.run(100)
  expect(path.deliveredBytes).toBeGreaterThan(0.98 * 100 * LAN.bytesPerMs)
})

test('on a long path with a high rate it grows to the maximum, doubling with each round trip', () => {
  const path = new Path(WAN, options)
  path.run(350)
  expect(path.follower.window.bytes).toBeGreaterThanOrEqual(8 * WINDOW_BYTES_START)
  expect(path.follower.window.bytes).toBeLessThanOrEqual(16 * WINDOW_BYTES_START)
  path.run(1_000)
  expect(path.follower.window.bytes).toBe(4 * MIB)
  expect(path.events.get('WindowShrunk')).toBeUndefined()
  path.deliveredBytes = 0
  path.run(1_000)
  // Four MiB every 104 milliseconds: what the maximum allows.
  expect(path.deliveredBytes).toBeGreaterThan(0.9 * (1_000 / 104) * 4 * MIB)
})

describe('a follower that takes in a megabyte a second', () => {
  const slow = { roundTripMs: 1, bytesPerMs: KIB }

  test('has a bounded queue before it, not the four MiB that it could have', () => {
    const path = new Path(slow, options).run(20_000)
    path.mostBytes = 0
    path.queuedMs = 0
    path.run(10_000)
    expect(path.mostBytes).toBeLessThan(3 * WINDOW_BYTES_START)
    expect(path.queuedMs).toBeLessThan(200)
    // And it never waits for more.
    path.deliveredBytes = 0
    path.run(10_000)
    expect(path.deliveredBytes).toBeGreaterThan(0.99 * 10_000 * slow.bytesPerMs)
  })

  test('gets a large window again when it has become fast', () => {
    const path = new Path(slow, options).run(20_000)
    expect(path.follower.window.bytes).toBeLessThan(3 * WINDOW_BYTES_START)
    path.options.bytesPerMs = MIB
    path.run(1_000)
    expect(path.follower.window.bytes).toBe(4 * MIB)
  })
})

test('a path that becomes slow shrinks the window in a few round trips', () => {
  const path = new Path({ ...LAN }, options).run(100)
  path.options.bytesPerMs = 2 * KIB
  path.run(10_000)
  expect(path.events.get('WindowShrunk')).toBeGreaterThan(0)
  expect(path.follower.window.bytes).toBeLessThan(4 * WINDOW_BYTES_START)
})

test('a path that becomes long, not slow, has its whole rate again: the queue is not ours', () => {
  const path = new Path({ ...LAN }, options).run(100)
  path.options.roundTripMs = 200
  path.run(10_000)
  expect(path.follower.window.bytes).toBe(4 * MIB)
  expect(path.follower.window.roundTripMs).toBeGreaterThan(190)
})

test('one pause changes nothing', () => {
  const path = new Path({ ...LAN }, options).run(100)
  path.options.roundTripMs = 80
  path.run(0)
  path.idle()
  expect(path.events.get('WindowShrunk')).toBeUndefined()
})

test('it stays as it is while it is not the limit', () => {
  const path = new Path(LAN, options)
  path.run(0)
  path.idle()
  expect(path.events.get('WindowGrown') ?? 0).toBeLessThanOrEqual(1)
  expect(path.follower.window.bytes).toBeLessThanOrEqual(2 * WINDOW_BYTES_START)
})

test('a new connection begins anew: another path may be behind it', () => {
  const path = new Path(LAN, options).run(100)
  path.reconnect()
  expect(path.follower.window).toMatchObject({
    bytes: WINDOW_BYTES_START,
    messages: WINDOW_MESSAGES_START,
    roundTripMs: undefined,
  })
})

test('a message larger than the window goes alone', () => {
  const path = new Path(
    { roundTripMs: 1, bytesPerMs: KIB },
    { ...options, inFlightBytesMax: 100, messageBytesMax: 100 },
  )
  path.run(100)
  expect(path.mostBytes).toBe(KIB)
  expect(path.deliveredBytes).toBeGreaterThan(40 * KIB)
})

test('the rate and the round trip are measured', () => {
  const path = new Path({ roundTripMs: 20, bytesPerMs: 64 * KIB }, options).run(5_000)
  const { bytesPerMs, roundTripMsMin } = path.follower.window
  expect(bytesPerMs / (64 * KIB)).toBeGreaterThan(0.8)
  expect(bytesPerMs / (64 * KIB)).toBeLessThan(1.2)
  expect(roundTripMsMin).toBeGreaterThanOrEqual(20)
  expect(roundTripMsMin).toBeLessThan(23)
})
