// Members on disk: every role, in the joint phase too, and what earlier files hold.
import type { Member } from '@riverraft/core'
import { expect, test } from 'vitest'
import { FieldReader, FieldWriter } from '../src/bytes.js'
import { readMembers, writeMembers } from '../src/members.js'

const written = (members: readonly Member[]): Uint8Array => writeMembers(new FieldWriter(), members).bytes()

test('come back as they were', () => {
  const members: Member[] = [
    { id: 'a', address: 'a:1', role: 'voter', outgoing: true, incarnation: '0123456789abcdef' },
    { id: 'b', address: '', role: 'leaving', outgoing: true },
    { id: 'c', address: 'c:1', role: 'learner', incarnation: 'fedcba9876543210' },
  ]
  expect(readMembers(new FieldReader(Buffer.from(written(members))))).toEqual(members)
})

test('a role that this version does not know is refused', () => {
  const bytes = Buffer.from(written([{ id: 'a', address: '', role: 'voter' }]))
  bytes[bytes.length - 1] = 3
  expect(() => readMembers(new FieldReader(bytes))).toThrow('unknown role of member a')
})
