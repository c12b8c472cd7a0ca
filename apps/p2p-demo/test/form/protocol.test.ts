import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeLine, encodeLine, type FormMessage, SIZE_MAX } from '../../src/form/protocol.js'

const ADDRESS = '/ip4/127.0.0.1/tcp/4001'
const MESSAGES: readonly FormMessage[] = [
  { type: 'ask', cluster: 'garden', addresses: [ADDRESS], dialled: ADDRESS },
  { type: 'waiting', cluster: 'garden', size: 3, present: ['a', 'b'] },
  { type: 'elsewhere', cluster: 'garden', addresses: [] },
  { type: 'refused', reason: 'full', message: 'cluster "garden" already has its 3 members' },
  {
    type: 'formed',
    cluster: 'garden',
    clusterId: 'garden-1',
    members: [{ id: 'a', address: ADDRESS, role: 'voter' }],
  },
]

const lineOf = (message: unknown) => JSON.stringify(message)

describe('what was sent is what arrives', () => {
  test.each(MESSAGES)('$type', (message) => {
    const line = new TextDecoder().decode(encodeLine(message))
    expect(line).toMatch(/^[^\n]*\n$/)
    expect(decodeLine(line.trimEnd())).toEqual(message)
  })

  test('fields that a later version adds are ignored', () => {
    expect(decodeLine(lineOf({ ...MESSAGES[1], later: 1 }))).toEqual(MESSAGES[1])
  })
})

describe('what is not a message is refused', () => {
  const refused: readonly [string, unknown][] = [
    ['no object', null],
    ['an unknown type', { type: 'leave' }],
    ['a missing field', { type: 'ask', cluster: 'garden', addresses: [] }],
    ['a text that is too long', { ...MESSAGES[1], cluster: 'x'.repeat(513) }],
    ['a terminal escape in a text', { ...MESSAGES[3], message: '\u001b[2J' }],
    ['an address that is none', { ...MESSAGES[0], dialled: 'localhost:4001' }],
    [
      'too many members',
      { ...MESSAGES[4], members: Array(SIZE_MAX + 1).fill({ id: 'a', address: ADDRESS }) },
    ],
    ['a size of nobody', { ...MESSAGES[1], size: 0 }],
    ['a reason nobody gave', { ...MESSAGES[3], reason: 'mood' }],
  ]
  test.each(refused)('%s', (_, message) => {
    expect(() => decodeLine(lineOf(message))).toThrow(expect.objectContaining({ code: 'ERR_DECODE' }))
  })

  test('anything at all: a message or ERR_DECODE, nothing else', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...MESSAGES.map(lineOf)))
    fc.assert(
      fc.property(texts, fc.nat(), fc.string({ maxLength: 3 }), (text, at, splice) => {
        const cut = at % (text.length + 1)
        try {
          expect(decodeLine(text.slice(0, cut) + splice + text.slice(cut))).toHaveProperty('type')
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_DECODE' })
        }
      }),
    )
  })
})
