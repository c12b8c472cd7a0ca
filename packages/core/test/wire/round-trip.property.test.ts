// Whatever is encoded comes back equal, and stays what it was.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32 as nodeCrc32 } from '../../src/wire/crc32-node.js'
import { crc32 as tableCrc32 } from '../../src/wire/crc32-table.js'
import { decodeBlock, type EntryBlock, EntryCursor, reframe } from '../../src/wire/entry-block.js'
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js'
import { decodeHello, encodeHello } from '../../src/wire/hello.js'
import { decodeOpening, encodeOpening } from '../../src/wire/open-session.js'
import { check } from '../harness/property.js'
import { blocks, frames, hellos, openings } from './arbitraries.js'
import { block, bytes, frameOf, joined } from './samples.js'

const FILE = 'test/wire/round-trip.property.test.ts'

const plain = (from: EntryBlock) =>
  [...from.entries()].map(({ index, kind, payload }) => [index, kind, Buffer.from(payload).toString('hex')])

describe('round trips', () => {
  test('frames of any messages', () => {
    check(
      fc.property(frames, (frame) => {
        expect(decodeFrame(joined(encodeFrame(frame)))).toEqual(frame)
      }),
      FILE,
      500,
    )
  })

  test('blocks, their entries and their header', () => {
    check(
      fc.property(blocks, (encoded) => {
        const decoded = decodeBlock(encoded.bytes.slice())
        expect(decoded).toEqual(encoded)
        expect(plain(decoded)).toEqual(plain(encoded))
      }),
      FILE,
      500,
    )
  })

  test('openings of sessions', () => {
    check(
      fc.property(openings(), fc.uint8Array({ maxLength: 9 }), (opening, more) => {
        const encoded = encodeOpening(opening)
        expect(decodeOpening(encoded)).toEqual(opening)
        // A newer version may say more.
        expect(decodeOpening(Uint8Array.from([...encoded, ...more]))).toEqual(opening)
      }),
      FILE,
      200,
    )
  })

  test('hellos, whatever the names', () => {
    check(
      fc.property(hellos, (hello) => {
        expect(decodeHello(encodeHello(hello))).toEqual({ hello })
      }),
      FILE,
      500,
    )
  })

  test('a name keeps its byte order mark: two names that differ stay different', () => {
    const hello = { ...fc.sample(hellos, 1)[0]!, from: '\ufeffa' }
    expect(decodeHello(encodeHello(hello))).toMatchObject({ hello: { from: '\ufeffa' } })
  })
})

describe('blocks', () => {
  test('reframe keeps the entries asked for, their indexes and sequences', () => {
    check(
      fc.property(blocks, fc.nat(), fc.nat(), (encoded, a, b) => {
        const count = encoded.lastIndex - encoded.firstIndex + 1
        const [from, to] = [encoded.firstIndex + (a % count), encoded.firstIndex + (b % count)]
        const [first, last] = [Math.min(from, to), Math.max(from, to)]
        const slice = decodeBlock(reframe(encoded, first, last).bytes)
        expect(plain(slice)).toEqual(
          plain(encoded).slice(first - encoded.firstIndex, last - encoded.firstIndex + 1),
        )
        const { term, timestamp, flags, sessionId, acknowledgedBelow } = encoded
        expect(slice).toMatchObject({ term, timestamp, flags, sessionId, acknowledgedBelow })
        const skipped = sessionId === 0 ? -encoded.firstSequence : first - encoded.firstIndex
        if (slice.byteLength !== encoded.byteLength)
          expect(slice.firstSequence).toBe(encoded.firstSequence + skipped)
      }),
      FILE,
      300,
    )
  })

  test('the cursor walks the same entries as the generator', () => {
    check(
      fc.property(blocks, (encoded) => {
        const walked = []
        const cursor = new EntryCursor(encoded)
        while (cursor.next())
          walked.push([cursor.index, cursor.kind, Buffer.from(cursor.payload).toString('hex')])
        expect(walked).toEqual(plain(encoded))
      }),
      FILE,
      100,
    )
  })

  test('a large block is shared with the frame, a small one is copied beside its message', () => {
    const large = block(1, 1, 'x'.repeat(5000))
    const small = block(2, 1, 'y')
    const message = {
      type: 'AppendEntries',
      term: 1,
      prevLogIndex: 0,
      prevLogTerm: 0,
      leaderCommit: 0,
      round: 0,
    } as const
    const { pieces } = encodeFrame(frameOf({ ...message, entries: [large, small] }))
    expect(pieces.includes(large.bytes)).toBe(true)
    expect(pieces.length).toBe(3)
  })

  test('owned copies a small view out of a receive buffer and keeps a large one', () => {
    const encoded = block(1, 1, 'payload')
    const buffer = new Uint8Array(10_000)
    buffer.set(encoded.bytes, 100)
    const view = decodeBlock(buffer.subarray(100, 100 + encoded.byteLength))
    expect(view.owned().bytes.buffer.byteLength).toBe(encoded.byteLength)
    expect(plain(view.owned())).toEqual(plain(encoded))
    expect(encoded.owned()).toBe(encoded)
  })
})

describe('CRC-32', () => {
  test('both implementations agree, in one piece or in two', () => {
    check(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(2000), (data, at) => {
        expect(tableCrc32(data)).toBe(nodeCrc32(data))
        expect(tableCrc32(data.subarray(at), tableCrc32(data.subarray(0, at)))).toBe(nodeCrc32(data))
      }),
      FILE,
      300,
    )
  })

  test('is the one of IEEE 802.3', () => {
    expect(tableCrc32(bytes('123456789'))).toBe(0xcbf43926)
    expect(nodeCrc32(bytes('123456789'))).toBe(0xcbf43926)
  })
})
