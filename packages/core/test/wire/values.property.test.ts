// Plain data comes back as it was, however its bytes are cut; anything else is refused on both sides.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../src/ports/errors.js'
import { ValueDecoder } from '../../src/wire/value-decoder.js'
import { encodeValues } from '../../src/wire/value-encoder.js'
import { check } from '../harness/property.js'

const FILE = 'test/wire/values.property.test.ts'

function encoded(...values: unknown[]): Uint8Array {
  return new Uint8Array(Buffer.concat([...encodeValues(values)]))
}

/** Reads bytes in pieces of the given lengths, over and over. */
function decoded(bytes: Uint8Array, lengths: readonly number[] = [bytes.length || 1]): unknown[] {
  const values: unknown[] = []
  const decoder = new ValueDecoder((value) => values.push(value))
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!
    decoder.push(bytes.subarray(at, at + length))
    at += length
  }
  decoder.end()
  return values
}

const { tree: values } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(
      undefined,
      null,
      true,
      false,
      -0,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '',
      '\ud800',
      '\ufeff',
    ),
    fc.double(),
    fc.maxSafeInteger(),
    fc.bigInt(),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
    fc.date({ noInvalidDate: true }),
  ),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('tree'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie('tree'), tie('tree')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie('leaf'), { maxLength: 4 }).map((members) => new Set(members)),
  ),
}))

describe('values', () => {
  test('come back equal, one after the other, in whatever pieces their bytes arrive', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
    const property = fc.property(fc.array(values, { maxLength: 4 }), lengths, (some, cuts) => {
      const bytes = encoded(...some)
      expect(decoded(bytes)).toStrictEqual(some)
      expect(decoded(bytes, cuts)).toStrictEqual(some)
    })
    check(property, FILE, 1_000)
  })

  test('are made in pieces of some tens of kilobytes, so that others get their turn', () => {
    const numbers = Array.from({ length: 100_000 }, (_, i) => i)
    const lengths = [...encodeValues([numbers])].map(({ length }) => length)
    expect(Math.max(...lengths)).toBeLessThan(64 * 1024)
    expect(lengths.length).toBeGreaterThan(20)
  })

  test('bytes are copied out, not kept, also from a Buffer, whose slice is no copy', () => {
    const bytes = Buffer.from(encoded(new Uint8Array([1, 2, 3])))
    const [kept] = decoded(bytes) as [Uint8Array]
    bytes.fill(9)
    expect([...kept]).toEqual([1, 2, 3])
  })

  test.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['an error', new Error('e')],
    ['a promise', Promise.resolve()],
    ['a weak map', new WeakMap()],
  ])('%s cannot be written: left out in silence, the replicas would differ', (_, value) => {
    expect(() => encoded({ deep: [value] })).toThrow(expect.objectContaining({ code: 'ERR_STATE_MACHINE' }))
  })

  test('a value within itself cannot be written', () => {
    const circle: unknown[] = []
    circle.push(circle)
    expect(() => encoded(circle)).toThrow(expect.objectContaining({ code: 'ERR_STATE_MACHINE' }))
  })

  test('whatever bytes: a value or ERR_DECODE, and a count that lies costs nothing', () => {
    const mutated = fc
      .tuple(fc.array(values, { maxLength: 3 }), fc.nat(), fc.nat(255))
      .map(([some, at, to]) => {
        const bytes = encoded(...some)
        if (bytes.length > 0) bytes[at % bytes.length] = to
        return bytes
      })
    const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (bytes) => {
      try {
        decoded(bytes)
      } catch (error) {
        if (!hasCode(error, 'ERR_DECODE')) throw error
      }
    })
    check(property, FILE, 2_000)
  })
})
