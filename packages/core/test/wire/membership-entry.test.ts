// Membership entries on the wire: what a leader writes comes back, and what no leader could have written is refused.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { ByteWriter } from '../../src/wire/bytes.js'
import { decodeBlock, EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import { MEMBERS_MAX } from '../../src/wire/limits.js'
import { configurationOf, decodeMembers, encodeMembers } from '../../src/wire/membership-entry.js'
import { check } from '../harness/property.js'
import { memberLists } from './arbitraries.js'
import { MEMBERS, membershipBlock } from './samples.js'

const FILE = 'test/wire/membership-entry.test.ts'

function refused(decode: () => unknown): void {
  expect(decode).toThrow(expect.objectContaining({ code: 'ERR_DECODE' }))
}

const voter = (id: string, more: Partial<Member> = {}): Member => ({
  id,
  address: id,
  role: 'voter',
  ...more,
})

test('a block tells its members and their configuration', () => {
  const { members, configuration, lastIndex } = decodeBlock(membershipBlock(11, 6).bytes)
  expect(lastIndex).toBe(11)
  expect(members).toEqual(MEMBERS)
  expect(configuration).toEqual({ voters: ['a', 'ünïcode'], learners: ['d'], outgoing: ['a', 'b', 'd'] })
})

test('without a voter of before it is not joint', () => {
  const members = [voter('a'), voter('b', { role: 'learner' })]
  expect(configurationOf(members)).toEqual({ voters: ['a'], learners: ['b'] })
})

test('any members come back as they were, also with fields that a later version adds', () => {
  const property = fc.property(memberLists, fc.uint8Array({ maxLength: 20 }), (members, later) => {
    const payload = encodeMembers(members)
    expect(decodeMembers(payload)).toEqual(members)
    expect(decodeMembers(Uint8Array.from([...payload, ...later]))).toEqual(members)
  })
  check(property, FILE, 300)
})

describe('refused', () => {
  test.each<[string, Member[]]>([
    ['nobody', []],
    ['nobody who votes', [voter('a', { role: 'learner' })]],
    ['somebody twice', [voter('a'), voter('a', { role: 'learner' })]],
    ['no id', [voter('')]],
    ['somebody who leaves what he was not in', [voter('a'), voter('b', { role: 'leaving' })]],
    ['too many', Array.from({ length: MEMBERS_MAX + 1 }, (_, i) => voter(`m${i}`))],
    ['an incarnation that is none', [voter('a', { incarnation: 'wiped' })]],
  ])('%s', (_, members) => refused(() => decodeMembers(encodeMembers(members))))

  test('an unknown role', () => {
    const payload = new ByteWriter().u16(1).text('a').text('a').u8(4).bytes()
    refused(() => decodeMembers(payload))
  })

  test('a count that lies', () => {
    const payload = encodeMembers([voter('a')])
    payload[0] = 2
    refused(() => decodeMembers(payload))
  })

  test('a membership entry beside another one, without its flag, or a flag without it', () => {
    const header = { firstIndex: 1, term: 1, timestamp: 1 }
    const entry = { kind: EntryKind.Membership, payload: encodeMembers(MEMBERS) }
    const noop = { kind: EntryKind.Noop, payload: new Uint8Array(0) }
    const flagged = { ...header, flags: FLAG_MEMBERSHIP }
    for (const [head, entries] of [
      [header, [entry]],
      [flagged, [entry, noop]],
      [flagged, [noop]],
    ] as const) {
      refused(() => decodeBlock(encodeBlock(head, entries).bytes))
    }
  })

  test('bytes of any kind: a value or ERR_DECODE, and nothing else', () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(memberLists, fc.nat(), fc.nat(255)).map(([members, at, to]) => {
        const payload = encodeMembers(members)
        payload[at % payload.length] = to
        return payload
      }),
    )
    const property = fc.property(any, (payload) => {
      try {
        decodeMembers(payload)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_DECODE' })
      }
    })
    check(property, FILE, 500)
  })
})
