// The join dialogue's bytes: they come back as they were, and whatever else arrives is ERR_DECODE and nothing else.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasCode } from '../../src/ports/errors.js'
import { ByteWriter } from '../../src/wire/bytes.js'
import { encodeHello, HELLO_MAGIC } from '../../src/wire/hello.js'
import { decodeJoin, encodeJoin, isJoin, JOIN_REFUSALS } from '../../src/wire/join.js'
import {
  decodeJoinReply,
  decodeJoinRequest,
  encodeJoinReply,
  encodeJoinRequest,
} from '../../src/wire/join-content.js'
import { JOIN_ANSWER_BYTES_MAX, JOIN_REQUEST_BYTES_MAX, MEMBERS_MAX } from '../../src/wire/limits.js'
import { check } from '../harness/property.js'
import { memberLists } from './arbitraries.js'
import { JOIN_MESSAGES, JOIN_REPLIES, JOIN_REQUESTS } from './join-samples.js'
import { HELLO, INCARNATION } from './samples.js'

const FILE = 'test/wire/join.property.test.ts'

const CODECS: Record<string, { decode: (bytes: Uint8Array) => unknown; samples: Uint8Array[] }> = {
  message: { decode: decodeJoin, samples: Object.values(JOIN_MESSAGES).map(encodeJoin) },
  request: { decode: decodeJoinRequest, samples: Object.values(JOIN_REQUESTS).map(encodeJoinRequest) },
  reply: { decode: decodeJoinReply, samples: Object.values(JOIN_REPLIES).map(encodeJoinReply) },
}

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

describe.each(Object.entries(CODECS))('a join %s', (_, { decode, samples }) => {
  test('of random bytes, or of valid ones with some changed', () => {
    const random = fc.uint8Array({ maxLength: 300 })
    const changed = fc
      .tuple(fc.constantFrom(...samples), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }))
      .map(([valid, changes]) => {
        const bytes = valid.slice()
        for (const [at, to] of changes) bytes[at % bytes.length] = to
        return bytes
      })
    const started = fc
      .tuple(fc.constantFrom(...samples), random)
      .map(([head, tail]) => Uint8Array.from([...head.slice(0, 6), ...tail]))
    check(
      fc.property(fc.oneof(random, changed, started), (bytes) => survives(decode, bytes)),
      FILE,
      3000,
    )
  })

  test('that is cut off anywhere is refused', () => {
    for (const sample of samples)
      for (let at = 0; at < sample.length; at++) refused(() => decode(sample.subarray(0, at)))
  })

  test('with unknown trailing fields is the same: a newer peer may say more', () => {
    for (const sample of samples) expect(decode(Uint8Array.from([...sample, 9, 9]))).toEqual(decode(sample))
  })
})

test('facts come back, whoever the members are', () => {
  check(
    fc.property(memberLists, memberLists, fc.maxSafeNat(), (initial, members, generation) => {
      const reply = { type: 'facts', generation, initial, members, leader: undefined } as const
      expect(decodeJoinReply(encodeJoinReply(reply))).toEqual(reply)
    }),
    FILE,
    300,
  )
})

test('every refusal comes back, and none that is not known', () => {
  for (const refusal of JOIN_REFUSALS)
    expect(decodeJoin(encodeJoin({ type: 'refusal', refusal }))).toEqual({ type: 'refusal', refusal })
  refused(() => decodeJoin(new ByteWriter().u32(HELLO_MAGIC).u8(7).text('because').bytes()))
})

test('the largest facts of the largest cluster fit into an answer', () => {
  const members = Array.from({ length: MEMBERS_MAX }, (_, i) => ({
    id: `${'x'.repeat(250)}${i}`,
    address: 'y'.repeat(1_024),
    role: 'voter' as const,
    incarnation: INCARNATION,
  }))
  const reply = { type: 'facts', generation: 0, initial: members, members, leader: undefined } as const
  const content = encodeJoinReply(reply)
  const answer = encodeJoin({ type: 'answer', mac: new Uint8Array(32), content })
  expect(answer.length).toBeLessThan(JOIN_ANSWER_BYTES_MAX)
  expect(decodeJoin(answer)).toMatchObject({ type: 'answer' })
})

describe('hostile', () => {
  test('lengths that lie: 4 GiB of content, and one byte more than there is', () => {
    for (const length of [2 ** 32 - 1, 10]) {
      const bytes = encodeJoin({ type: 'proof', mac: new Uint8Array(32), content: new Uint8Array(9) })
      new DataView(bytes.buffer).setUint32(5 + 32, length, true)
      refused(() => decodeJoin(bytes))
    }
  })

  test('what may be long is an answer, and that is bounded too', () => {
    const content = new Uint8Array(JOIN_REQUEST_BYTES_MAX)
    const mac = new Uint8Array(32)
    refused(() => decodeJoin(encodeJoin({ type: 'proof', mac, content })))
    expect(decodeJoin(encodeJoin({ type: 'answer', mac, content }))).toMatchObject({ type: 'answer' })
    refused(() => decodeJoin(new Uint8Array(JOIN_ANSWER_BYTES_MAX + 1)))
  })

  test.each([
    ['without a name', { from: '' }],
    ['of a cluster without a name', { clusterId: '' }],
    ['with a name of 256 bytes', { from: 'x'.repeat(256) }],
  ])('an ask %s', (_, changed) => {
    refused(() => decodeJoin(encodeJoin({ ...JOIN_MESSAGES.ask, ...changed })))
  })

  test.each(['', '0123', '0123456789ABCDEF'])('an incarnation "%s"', (incarnation) => {
    refused(() => decodeJoinRequest(encodeJoinRequest({ type: 'withdraw', incarnation })))
  })

  test('roles that do not exist', () => {
    const request = encodeJoinRequest(JOIN_REQUESTS.enter)
    for (const role of [0, 3, 255]) {
      request[request.length - 5] = role
      refused(() => decodeJoinRequest(request))
    }
  })

  test('kinds that do not exist', () => {
    for (const kind of [0, 1, 2, 8, 255])
      refused(() => decodeJoin(new ByteWriter().u32(HELLO_MAGIC).u8(kind).raw(new Uint8Array(64)).bytes()))
    refused(() => decodeJoinRequest(Uint8Array.of(4)))
    refused(() => decodeJoinReply(Uint8Array.of(6)))
  })
})

test('only an ask begins a dialogue: a hello does not, nor a proof out of nowhere', () => {
  for (const [name, message] of Object.entries(JOIN_MESSAGES))
    expect(isJoin(encodeJoin(message)), name).toBe(name === 'ask')
  expect(isJoin(encodeHello(HELLO))).toBe(false)
  expect(isJoin(new Uint8Array(0))).toBe(false)
})
