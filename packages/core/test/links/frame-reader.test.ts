import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader, withLength } from '../../src/links/frame-reader.js'
import { hasCode } from '../../src/ports/errors.js'
import { concat } from './memory-connections.js'

const FRAMES = fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 12 })

function read(chunks: readonly Uint8Array[], frameBytesMax = 10_000): Uint8Array[] {
  const frames: Uint8Array[] = []
  const reader = new FrameReader(frameBytesMax, (frame) => frames.push(frame))
  for (const chunk of chunks) reader.push(chunk)
  return frames
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.slice(at[i], end))
}

test('however a stream is cut, the same frames come out', () => {
  fc.assert(
    fc.property(FRAMES, fc.array(fc.nat(), { maxLength: 40 }), (frames, cuts) => {
      const stream = concat(frames.flatMap((frame) => withLength([frame], frame.length)))
      expect(read(split(stream, cuts))).toEqual(frames)
    }),
  )
})

test('a byte at a time gives the same frames, in time that grows with the bytes', () => {
  const frame = new Uint8Array(1_000_000).map((_, i) => i)
  const stream = concat(withLength([frame], frame.length))
  const frames: Uint8Array[] = []
  const reader = new FrameReader(frame.length, (whole) => frames.push(whole))
  // Copying what has arrived at every byte would move 500 GB here and run into the test's time-out.
  for (let i = 0; i < stream.length; i++) reader.push(stream.subarray(i, i + 1))
  expect(frames).toHaveLength(1)
  expect(Buffer.compare(frames[0]!, frame)).toBe(0)
})

test('the pieces of a frame are written behind its length, whatever their sizes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 6_000 }), { maxLength: 4 }), (pieces) => {
      const body = concat(pieces)
      const written = concat(withLength(pieces, body.length))
      expect(new DataView(written.buffer).getUint32(0, true)).toBe(body.length)
      expect(written.subarray(4)).toEqual(body)
    }),
  )
})

test('random bytes never throw anything but ERR_DECODE', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
      try {
        read(chunks, 20)
      } catch (error) {
        expect(hasCode(error, 'ERR_DECODE')).toBe(true)
      }
    }),
  )
})

test('a frame inside one chunk is a view of it; one that spans chunks has memory of its own', () => {
  const [chunk] = withLength([new Uint8Array(100)], 100)
  expect(read([chunk!])[0]!.buffer).toBe(chunk!.buffer)
  const [spanning] = read([chunk!.subarray(0, 50), chunk!.subarray(50)])
  expect(spanning!.buffer.byteLength).toBe(100)
})

test('a length of 4 GiB is refused by its four bytes alone', () => {
  const reader = new FrameReader(16 * 1024 * 1024, () => expect.unreachable())
  expect(() => reader.push(new Uint8Array([255, 255, 255, 255]))).toThrow(/4294967295 bytes announced/)
  expect(() => reader.push(new Uint8Array([1, 0, 0, 0, 1]))).not.toThrow()
})

test('the limit in force is the one when the length arrives, and stop is at once', () => {
  const frames: number[] = []
  const stream = concat([3, 9, 2].flatMap((length) => withLength([new Uint8Array(length)], length)))
  const reader = new FrameReader(3, (frame) => {
    frames.push(frame.length)
    reader.frameBytesMax = 9
    if (frame.length === 9) reader.stop()
  })
  reader.push(stream)
  expect(frames).toEqual([3, 9])
})
