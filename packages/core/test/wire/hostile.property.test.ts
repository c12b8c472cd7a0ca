// Bytes from a peer that is broken or means harm: refused with ERR_DECODE and nothing else, before anything is allocated.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../src/ports/errors.js'
import type { Member } from '../../src/ports/transport.js'
import { ByteReader, ByteWriter } from '../../src/wire/bytes.js'
import { decodeBlock, EntryKind } from '../../src/wire/entry-block.js'
import { decodeFrame, encodeFrame } from '../../src/wire/frame.js'
import { decodeHello, encodeHello, HELLO_MAGIC } from '../../src/wire/hello.js'
import {
  BLOCK_BYTES_MAX,
  BLOCK_ENTRIES_MAX,
  FRAME_BYTES_MAX,
  FRAME_MESSAGES_MAX,
  HELLO_BYTES_MAX,
  MESSAGE_BLOCKS_MAX,
} from '../../src/wire/limits.js'
import type { InstallSnapshotChunk } from '../../src/wire/messages.js'
import { decodeOpening, encodeOpening } from '../../src/wire/open-session.js'
import { check } from '../harness/property.js'
import { blocks, frames, hellos, openings } from './arbitraries.js'
import { BlockOffset, reseal } from './reseal.js'
import { block, frameOf, HELLO, joined, MESSAGES, message } from './samples.js'

const FILE = 'test/wire/hostile.property.test.ts'

/** Decodes, and fails unless the result is a value or an ERR_DECODE. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    decode(bytes)
  } catch (error) {
    if (!hasCode(error, 'ERR_DECODE')) throw error
  }
}

function refused(decode: () => unknown): void {
  expect(decode).toThrow(expect.objectContaining({ code: 'ERR_DECODE' }))
}

/** A valid thing with some bytes changed, cut off or inserted. */
function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(),
    to: fc.constantFrom(0, 1, 2, 127, 128, 254, 255),
    cut: fc.nat(19),
  })
  return fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 4 })).map(([original, changes]) => {
    let bytes = original.slice()
    for (const { at, to, cut } of changes) {
      const place = at % Math.max(1, bytes.length)
      if (cut === 0) bytes = bytes.slice(0, place)
      else if (cut === 1) bytes = Uint8Array.from([...bytes.slice(0, place), to, ...bytes.slice(place)])
      else bytes[place] = to
    }
    return bytes
  })
}

const DECODERS = {
  frame: { decode: decodeFrame, valid: frames.map((frame) => joined(encodeFrame(frame))) },
  block: { decode: decodeBlock, valid: blocks.map(({ bytes }) => bytes) },
  hello: { decode: decodeHello, valid: hellos.map(encodeHello) },
  opening: { decode: decodeOpening, valid: openings().map((opening) => encodeOpening(opening)) },
}

describe.each(Object.entries(DECODERS))(
  'the %s decoder throws nothing but ERR_DECODE',
  (_, { decode, valid }) => {
    test('on random bytes', () => {
      const random = fc.uint8Array({ maxLength: 400 })
      const started = fc
        .tuple(valid, random)
        .map(([head, tail]) => Uint8Array.from([...head.slice(0, 16), ...tail]))
      check(
        fc.property(fc.oneof(random, started), (bytes) => survives(decode, bytes)),
        FILE,
        2000,
      )
    })

    test('on mutated valid bytes', () => {
      check(
        fc.property(mutated(valid), (bytes) => survives(decode, bytes)),
        FILE,
        2000,
      )
    })

    test('on every prefix of valid bytes, and it refuses each', () => {
      check(
        fc.property(valid, fc.nat(), (bytes, at) =>
          refused(() => decode(bytes.subarray(0, at % bytes.length))),
        ),
        FILE,
        300,
      )
    })
  },
)

describe('a block', () => {
  test('any flipped bit is detected', () => {
    const { bytes } = block(10, 6, 'x=1', 'y=2')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => decodeBlock(flipped), `bit ${bit}`).toThrow(
        expect.objectContaining({ code: 'ERR_DECODE' }),
      )
    }
  })

  const sample = block(10, 6, 'x=1', 'y=2')
  const lie = (offset: number, value: number): Uint8Array =>
    reseal(sample.bytes, (view) => view.setUint32(offset, value, true))

  test.each([0, 1, 3, BLOCK_ENTRIES_MAX + 1, 2 ** 32 - 1])(
    'a lying count of %d, under a right checksum',
    (count) => {
      refused(() => decodeBlock(lie(BlockOffset.count, count)))
    },
  )

  test.each([0, 4, 2 ** 32 - 1])('a lying payload length of %d, under a right checksum', (length) => {
    refused(() => decodeBlock(lie(BlockOffset.entries + 1, length)))
  })

  test.each([0, 63, sample.byteLength + 1, 2 ** 32 - 1])('a lying byte length of %d', (length) => {
    refused(() => decodeBlock(lie(BlockOffset.byteLength, length)))
  })

  test.each(['term', 'timestamp', 'sessionId', 'firstSequence', 'acknowledgedBelow', 'firstIndex'] as const)(
    '%s above 2^53 - 1',
    (field) => refused(() => decodeBlock(lie(BlockOffset[field] + 4, 0x200000))),
  )

  test.each(['firstIndex', 'firstSequence'] as const)(
    'a %s whose last entry would be above 2^53 - 1',
    (field) => {
      const last = reseal(sample.bytes, (view) => {
        view.setUint32(BlockOffset.sessionId, 1, true)
        view.setUint32(BlockOffset[field], 0xffffffff, true)
        view.setUint32(BlockOffset[field] + 4, 0x1fffff, true)
      })
      refused(() => decodeBlock(last))
    },
  )

  test.each(['firstIndex', 'term'] as const)('%s 0: both begin at 1', (field) => {
    refused(() => decodeBlock(lie(BlockOffset[field], 0)))
  })

  test('another version', () => {
    refused(() => decodeBlock(reseal(sample.bytes, (view) => view.setUint8(0, 2))))
  })

  test('more bytes than a block may have', () => {
    refused(() => decodeBlock(new Uint8Array(BLOCK_BYTES_MAX + 1)))
  })
})

describe('a frame', () => {
  const valid = joined(encodeFrame(frameOf(message('append-entries'))))
  const patched = (change: (view: DataView) => void): Uint8Array => {
    const bytes = valid.slice()
    change(new DataView(bytes.buffer))
    return bytes
  }
  /** Frame header, then type, reserved and length of the first message. */
  const BODY = 16 + 6

  test('too long', () => refused(() => decodeFrame(new Uint8Array(FRAME_BYTES_MAX + 1))))

  test.each([0, 2, FRAME_MESSAGES_MAX + 1, 65_535])('a lying message count of %d', (count) => {
    refused(() => decodeFrame(patched((view) => view.setUint16(2, count, true))))
  })

  test.each([0, 7, 2 ** 31, 2 ** 32 - 1])('a message that claims %d bytes', (length) => {
    refused(() => decodeFrame(patched((view) => view.setUint32(18, length, true))))
  })

  test.each([0, 1, 3, MESSAGE_BLOCKS_MAX + 1, 2 ** 32 - 1])('a message that claims %d blocks', (count) => {
    // Fewer blocks than there are would be unknown trailing bytes: allowed, and then they are not entries.
    const decode = (): unknown => decodeFrame(patched((view) => view.setUint32(BODY + 40, count, true)))
    if (count > 2) refused(decode)
    else expect(decode).not.toThrow(TypeError)
  })

  test.each([2 ** 32 - 1, BLOCK_BYTES_MAX + 1, 10])('a block that claims %d bytes', (length) => {
    refused(() => decodeFrame(patched((view) => view.setUint32(BODY + 44, length, true))))
  })

  test('a term above 2^53 - 1', () =>
    refused(() => decodeFrame(patched((view) => view.setUint32(BODY + 4, 0x200000, true)))))

  test.each([0, 99, 255])('message type %d, which does not exist', (type) => {
    refused(() => decodeFrame(patched((view) => view.setUint8(16, type))))
  })

  test('another version', () => refused(() => decodeFrame(patched((view) => view.setUint8(0, 2)))))

  test('bytes after the last message', () => refused(() => decodeFrame(Uint8Array.from([...valid, 0]))))

  const append = {
    type: 'AppendEntries',
    term: 7,
    prevLogIndex: 9,
    prevLogTerm: 5,
    leaderCommit: 8,
    round: 3,
  } as const
  test.each([
    ['a gap before the first block', [block(11, 6, 'x')]],
    ['a gap between blocks', [block(10, 6, 'x'), block(12, 6, 'y')]],
    ['an overlap', [block(10, 6, 'x', 'y'), block(11, 6, 'z')]],
    ['terms that decrease', [block(10, 6, 'x'), block(11, 5, 'y')]],
    ['a term below prevLogTerm', [block(10, 4, 'x')]],
    ["a term above the leader's", [block(10, 8, 'x')]],
  ])('%s', (_, entries) => {
    refused(() => decodeFrame(joined(encodeFrame(frameOf({ ...append, entries })))))
  })

  test.each([0, BLOCK_ENTRIES_MAX + 1, 2 ** 32 - 1])('%d forwarded commands', (count) => {
    const bytes = joined(encodeFrame(frameOf(message('forward'))))
    new DataView(bytes.buffer).setUint32(BODY + 49, count, true)
    refused(() => decodeFrame(bytes))
  })

  const forwarded = (name: string, change: (view: DataView) => void) => (): void => {
    const bytes = joined(encodeFrame(frameOf(message(name))))
    change(new DataView(bytes.buffer, BODY + 24))
    refused(() => decodeFrame(bytes))
  }
  const largest = (view: DataView, offset: number): void => {
    view.setUint32(offset, 0xffffffff, true)
    view.setUint32(offset + 4, 0x1fffff, true)
  }
  test.each<[string, string, (view: DataView) => void]>([
    ['commands of no session', 'forward', (view) => view.setBigUint64(1, 0n, true)],
    ['a session above 2^53 - 1', 'forward', (view) => view.setUint32(5, 0x200000, true)],
    ['a sequence of 0', 'forward', (view) => view.setBigUint64(9, 0n, true)],
    ['sequences that pass 2^53 - 1', 'forward', (view) => largest(view, 9)],
    ['a first sequence that is acknowledged', 'forward', (view) => view.setUint32(17, 12, true)],
    ['no-ops', 'forward', (view) => view.setUint8(0, EntryKind.Noop)],
    ['entries of an unknown kind', 'forward', (view) => view.setUint8(0, 77)],
    ['commands that are said to open sessions', 'forward', (view) => view.setUint8(0, EntryKind.OpenSession)],
    ['an opening within a session', 'forward-opening', (view) => view.setUint8(1, 1)],
    ['an opening that is cut off', 'forward-opening', (view) => view.setUint32(29, 23, true)],
  ])('%s', (_, name, change) => forwarded(name, change)())

  /** Where a chunk with one member of eight bytes keeps its fields, from its term on. */
  const chunk = {
    index: 8,
    term: 16,
    memberCount: 32,
    total: 42,
    offset: 54,
    length: 62,
    checksum: 66,
    data: 70,
  }
  const members: Member[] = [{ id: 'abc', address: '', role: 'voter' }]
  const snapshot = { ...(message('install-snapshot') as InstallSnapshotChunk), members }
  const snapshotWith = (change: (view: DataView) => void): Uint8Array => {
    const bytes = joined(encodeFrame(frameOf(snapshot)))
    change(new DataView(bytes.buffer, BODY))
    return bytes
  }
  const u53 = (view: DataView, offset: number, value: number): void =>
    view.setBigUint64(offset, BigInt(value), true)
  test.each<[string, (view: DataView) => void]>([
    ['a snapshot of nothing', (view) => u53(view, chunk.index, 0)],
    ['an index above 2^53 - 1', (view) => view.setUint32(chunk.index + 4, 0x200000, true)],
    ['a snapshot of a term to come', (view) => u53(view, chunk.term, 8)],
    ['more members than there are', (view) => view.setUint16(chunk.memberCount, 3, true)],
    ['nobody', (view) => view.setUint16(chunk.memberCount, 0, true)],
    ['no voter', (view) => view.setUint8(chunk.memberCount + 9, 2)],
    ['very many members', (view) => view.setUint16(chunk.memberCount, 65_535, true)],
    ['a chunk behind the end: endless', (view) => u53(view, chunk.offset, snapshot.totalBytes)],
    ['a chunk that reaches beyond the end', (view) => u53(view, chunk.offset, snapshot.totalBytes - 18)],
    ['an offset above 2^53 - 1', (view) => view.setUint32(chunk.offset + 4, 0x200000, true)],
    ['a chunk longer than its message', (view) => view.setUint32(chunk.length, 20, true)],
    ['a chunk of 4 GiB', (view) => view.setUint32(chunk.length, 2 ** 32 - 1, true)],
    ['a chunk with another byte', (view) => view.setUint8(chunk.data, 0)],
    ['a wrong checksum of the chunk', (view) => view.setUint32(chunk.checksum, 1, true)],
  ])('a part of a snapshot: %s', (_, change) => {
    expect(() => decodeFrame(snapshotWith(() => {}))).not.toThrow()
    refused(() => decodeFrame(snapshotWith(change)))
  })

  test('a member of a role that this version does not know', () => {
    const bytes = joined(encodeFrame(frameOf(message('install-snapshot'))))
    const at = Buffer.from(bytes).indexOf('127.0.0.1:7001') + '127.0.0.1:7001'.length
    expect(bytes[at]).toBe(1)
    bytes[at] = 9
    refused(() => decodeFrame(bytes))
  })

  test('unknown trailing bytes of a message are ignored: a newer peer may say more', () => {
    for (const [name, message] of Object.entries(MESSAGES)) {
      const bytes = joined(encodeFrame(frameOf(message)))
      const longer = Uint8Array.from([...bytes, 1, 2, 3])
      const view = new DataView(longer.buffer)
      view.setUint32(18, view.getUint32(18, true) + 3, true)
      expect(decodeFrame(longer).messages, name).toEqual([message])
    }
  })
})

describe('a hello', () => {
  test('too long', () => refused(() => decodeHello(new Uint8Array(HELLO_BYTES_MAX + 1))))

  test('wrong magic', () => {
    const bytes = encodeHello(HELLO)
    bytes[0]! ^= 1
    refused(() => decodeHello(bytes))
  })

  test.each([0, 3, 255])('kind %d, which does not exist', (kind) => {
    refused(() => decodeHello(new ByteWriter().u32(HELLO_MAGIC).u8(kind).bytes()))
  })

  test('a refusal for no known reason', () => {
    refused(() => decodeHello(new ByteWriter().u32(HELLO_MAGIC).u8(2).text('because').bytes()))
  })

  test.each(['', '0123', '0123456789ABCDEF', '0123456789abcdefg'])('incarnation "%s"', (incarnation) => {
    refused(() => decodeHello(encodeHello({ ...HELLO, incarnation })))
  })

  test('a name longer than 255 bytes', () =>
    refused(() => decodeHello(encodeHello({ ...HELLO, from: 'x'.repeat(256) }))))

  test('unknown trailing fields are ignored', () => {
    expect(decodeHello(Uint8Array.from([...encodeHello(HELLO), 9, 9]))).toEqual({ hello: HELLO })
  })
})

test('the reader never reads past its end, nor into what surrounds its view', () => {
  const reader = new ByteReader(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).subarray(2, 5))
  expect(reader.remaining).toBe(3)
  refused(() => reader.u32())
  refused(() => reader.raw(2 ** 32 - 1))
  expect([reader.u16(), reader.u8(), reader.remaining]).toEqual([0x0403, 5, 0])
  refused(() => reader.u8())
})
