// How much of a snapshot is on its way (thesis §10.2.1's pipelining, for snapshots): as much as a heartbeat can wait for.
import { expect, test } from 'vitest'
import { CHUNK_BYTES_MIN, SnapshotPace } from '../../src/node/snapshots/snapshot-pace.js'

const CHUNK_MAX = 1_048_576
const WINDOW_MAX = 4 * CHUNK_MAX
const DELAY_MS = 25

/** A line in order, of so many bytes per millisecond, and `pathMs` long; every acknowledgement may come later. */
class Line {
  readonly pace = new SnapshotPace(CHUNK_MAX, WINDOW_MAX, DELAY_MS)
  bytesPerMs: number
  readonly pathMs: number
  now = 0
  acked = 0
  #sent = 0
  #busyUntil = 0
  #arrivals: { end: number; at: number }[] = []

  constructor(bytesPerMs: number, pathMs: number) {
    this.bytesPerMs = bytesPerMs
    this.pathMs = pathMs
  }

  /** Everything that may leave does, and the next acknowledgement comes `lateMs` after it could. */
  step(lateMs = 0): void {
    for (;;) {
      const bytes = this.pace.chunkBytes
      if (!this.pace.admits(bytes, this.#sent - this.acked)) break
      this.#sent += bytes
      this.pace.sent(this.#sent, this.acked, this.now)
      this.#busyUntil = Math.max(this.now, this.#busyUntil) + bytes / this.bytesPerMs
      this.#arrivals.push({ end: this.#sent, at: this.#busyUntil + this.pathMs })
    }
    const { end, at } = this.#arrivals.shift()!
    this.now = Math.max(this.now, at + lateMs)
    const bytes = end - this.acked
    this.acked = end
    this.pace.arrived(end, bytes, this.now)
  }

  /** How long something that leaves now would wait behind what has left. */
  get delayMs(): number {
    return Math.max(0, this.#busyUntil - this.now)
  }
}

test.each([
  [100, 1],
  [1_000, 1],
  [1_000, 50],
  [10_000, 5],
  [100_000, 0.2],
])(
  'a line of %d bytes/ms, %d ms long, is used well, and nothing waits for long behind it',
  (rate, pathMs) => {
    const line = new Line(rate, pathMs)
    while (line.now < 1_000) line.step()
    const [begunAt, begun] = [line.now, line.acked]
    let delayMs = 0
    while (line.now < 4_000) {
      line.step()
      delayMs = Math.max(delayMs, line.delayMs)
    }
    expect(delayMs).toBeLessThanOrEqual(DELAY_MS * 1.5)
    expect((line.acked - begun) / (line.now - begunAt)).toBeGreaterThan(rate * 0.8)
  },
)

test('it begins with what harms no line, and is at full size within a few round trips', () => {
  const line = new Line(1_000_000, 1)
  expect(line.pace.chunkBytes).toBe(CHUNK_BYTES_MIN)
  let steps = 0
  for (; line.pace.chunkBytes < CHUNK_MAX; steps++) line.step()
  expect(line.now).toBeLessThan(30)
  expect(steps).toBeLessThan(100)
})

test('a line that becomes a hundred times slower carries less at a time soon', () => {
  const line = new Line(10_000, 1)
  while (line.now < 1_000) line.step()
  line.bytesPerMs = 100
  for (const delivered = line.acked + 1_000_000; line.acked < delivered; ) line.step()
  // The smallest that may be on its way takes 41 ms here, and is taken for the path's own.
  expect(line.delayMs).toBeLessThanOrEqual(41 + DELAY_MS)
})

test('a machine that pauses now and then is not a slow line', () => {
  const line = new Line(10_000, 1)
  while (line.now < 1_000) line.step()
  const before = line.pace.chunkBytes
  for (let i = 0; i < 300; i++) line.step(i % 12 === 0 ? 80 : 0)
  expect(line.pace.chunkBytes).toBeGreaterThan(before / 2)
})

test('the configured size is the largest, whatever the line', () => {
  const pace = new SnapshotPace(64, WINDOW_MAX, DELAY_MS)
  expect(pace.chunkBytes).toBe(64)
})
