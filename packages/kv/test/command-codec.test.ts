// Commands as bytes: the log keeps them for ever.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KEY_BYTES_MAX, type KvCommand, kv } from '../src/index.js'

const { encode, decode } = kv().codec

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
const bytes = (text: string): Uint8Array =>
  Uint8Array.from(text.split(' '), (pair) => Number.parseInt(pair, 16))

describe('golden bytes: changing one of these breaks every log there is', () => {
  const golden: [string, KvCommand][] = [
    ['01 01 00 61 01 c3 a9', { type: 'put', key: 'a', value: 'é' }],
    ['01 02 00 c3 a9 02 00 ff', { type: 'put', key: 'é', value: new Uint8Array([0, 255]) }],
    ['01 01 00 61 01', { type: 'put', key: 'a', value: '' }],
    ['02 02 00 61 62', { type: 'delete', key: 'ab' }],
    ['03 01 00 61 00 01 78', { type: 'cas', key: 'a', expected: null, value: 'x' }],
    ['03 01 00 61 01 02 00 00 00 6f 6b 00', { type: 'cas', key: 'a', expected: 'ok', value: null }],
    [
      '03 01 00 61 02 01 00 00 00 07 02 08',
      { type: 'cas', key: 'a', expected: new Uint8Array([7]), value: new Uint8Array([8]) },
    ],
    [
      '03 01 00 61 03 02 01 00 00 01 00 00 00 01 78',
      { type: 'cas', key: 'a', expected: { modifiedIndex: 2 ** 32 + 258 }, value: 'x' },
    ],
  ]

  test.each(golden)('%s', (text, command) => {
    expect(hex(encode(command))).toBe(text)
    expect(decode(bytes(text))).toEqual(command)
  })
})

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 })
const value = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array())
const index = fc.record({ modifiedIndex: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) })
const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value }),
  fc.record({ type: fc.constant('delete' as const), key }),
  fc.record({
    type: fc.constant('cas' as const),
    key,
    expected: fc.oneof(value, fc.constant(null), index),
    value: fc.oneof(value, fc.constant(null)),
  }),
)

test('what is encoded is decoded, also from the middle of a larger buffer', () => {
  fc.assert(
    fc.property(command, fc.nat({ max: 9 }), (original, offset) => {
      const encoded = encode(original)
      expect(decode(encoded)).toEqual(original)
      const buffer = new Uint8Array(offset + encoded.length + 3).fill(0xaa)
      buffer.set(encoded, offset)
      expect(decode(buffer.subarray(offset, offset + encoded.length))).toEqual(original)
    }),
  )
})

test('encoded commands do not share memory with one another', () => {
  const first = encode({ type: 'put', key: 'first', value: 'x'.repeat(100) })
  const copy = first.slice()
  encode({ type: 'put', key: 'second', value: 'y'.repeat(200_000) })
  encode({ type: 'delete', key: 'third' })
  expect(first).toEqual(copy)
})

test('decoded bytes are a copy, also from a node Buffer, whose slice is a view', () => {
  const encoded = Buffer.from(encode({ type: 'put', key: 'a', value: new Uint8Array([1, 2]) }))
  const decoded = decode(encoded)
  encoded.fill(0xff)
  expect(decoded).toEqual({ type: 'put', key: 'a', value: new Uint8Array([1, 2]) })
})

describe('what no replica could apply is refused where it is proposed', () => {
  const refused: Record<string, unknown> = {
    'an empty key': { type: 'put', key: '', value: 'x' },
    'a key that is too long': { type: 'delete', key: 'x'.repeat(KEY_BYTES_MAX + 1) },
    'a key that is too long in UTF-8': { type: 'delete', key: 'é'.repeat(KEY_BYTES_MAX / 2 + 1) },
    'a key that is no string': { type: 'delete', key: 7 },
    'a lone surrogate in a key': { type: 'delete', key: 'a\ud800' },
    'a lone surrogate in a value': { type: 'put', key: 'a', value: '\udfff' },
    'a value that is neither string nor bytes': { type: 'put', key: 'a', value: 7 },
    'a put of nothing': { type: 'put', key: 'a', value: null },
    'a put of undefined': { type: 'put', key: 'a' },
    'an expected undefined': { type: 'cas', key: 'a', expected: undefined, value: 'x' },
    'an expected index that is none': { type: 'cas', key: 'a', expected: { modifiedIndex: 0 }, value: 'x' },
    'an unknown operation': { type: 'increment', key: 'a' },
    'an operation that every object has': { type: 'constructor', key: 'a' },
    'nothing at all': undefined,
  }

  test.each(Object.entries(refused))('%s', (_, wrong) => {
    expect(() => encode(wrong as KvCommand)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_COMMAND' }))
  })

  test('but the longest key is accepted', () => {
    const longest = { type: 'delete', key: 'é'.repeat(KEY_BYTES_MAX / 2) } as const
    expect(decode(encode(longest))).toEqual(longest)
  })
})

test('damaged bytes decode to a command or are refused by code, and never anything else', () => {
  const damaged = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.tuple(command, fc.nat(), fc.nat({ max: 255 })).map(([original, at, byte]) => {
      const encoded = encode(original)
      encoded[at % encoded.length] = byte
      return at % 3 === 0 ? encoded.subarray(0, at % encoded.length) : encoded
    }),
  )
  fc.assert(
    fc.property(damaged, (input) => {
      try {
        expect(['put', 'delete', 'cas']).toContain(decode(input).type)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_COMMAND' })
      }
    }),
    { numRuns: 2_000 },
  )
})
