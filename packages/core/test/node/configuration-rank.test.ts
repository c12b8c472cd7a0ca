// Which configuration is the later one, and what a member is believed of its own.
import { expect, test } from 'vitest'
import { Admission } from '../../src/node/admission.js'
import { isLater, mayBeLater, type OwnRank } from '../../src/node/membership/configuration-rank.js'
import type { Member } from '../../src/ports/transport.js'
import { incarnationOf } from './harness/solo.js'

test('of logs that end in the same term, the later configuration stands behind the other; else that of the later term is', () => {
  expect(isLater({ lastTerm: 2, index: 5 }, { lastTerm: 2, index: 4 })).toBe(true)
  expect(isLater({ lastTerm: 2, index: 5 }, { lastTerm: 2, index: 5 })).toBe(false)
  expect(isLater({ lastTerm: 3, index: 4 }, { lastTerm: 2, index: 9 })).toBe(true)
  expect(isLater({ lastTerm: 2, index: 9 }, { lastTerm: 3, index: 4 })).toBe(false)
})

test('whoever has not committed in its last term may have that of a deposed leader, and goes by the index as well', () => {
  const read = { lastTerm: 1, index: 6 }
  expect(mayBeLater(read, { lastTerm: 2, index: 4, isSettled: false })).toBe(true)
  expect(mayBeLater(read, { lastTerm: 2, index: 4, isSettled: true })).toBe(false)
  expect(mayBeLater(read, { lastTerm: 2, index: 6, isSettled: false })).toBe(false)
})

test('a removed disk comes back with what it appended as a deposed leader: it does not take the place of the member of now', () => {
  const members: readonly Member[] = ['A', 'B'].map((id) => ({ id, address: id, role: 'voter' }))
  const named = (incarnation: string): Member[] => [members[0]!, { ...members[1]!, incarnation }]
  const judge = new Admission('A', 'words', incarnationOf('A'), members, 0, 0)
  const own: OwnRank = { lastTerm: 3, index: 20, isSettled: true }
  judge.setMembers(named('2'.repeat(16)))
  judge.inForce = () => ({ ...own, members: named('2'.repeat(16)) })
  const removed = new Admission('B', 'words', '1'.repeat(16), members, 0, 0)
  removed.inForce = () => ({ lastTerm: 1, index: 60, isSettled: false, members: named('1'.repeat(16)) })
  expect(judge.admit(removed.hello('A'))).toBe('incarnation-changed')
  expect(judge.isCurrent('B', '1'.repeat(16))).toBe(false)
  const present = new Admission('B', 'words', '2'.repeat(16), members, 0, 0)
  expect(judge.admit(present.hello('A'))).toBeUndefined()
})
