// The ring of proposals that wait in this node's own session.
import { expect, test } from 'vitest'
import { OwnSession } from '../../src/node/own-session.js'
import { Proposal } from '../../src/node/proposal.js'
import { SEQUENCE_WINDOW } from '../../src/node/sessions/session.js'
import { EntryKind } from '../../src/wire/entry-block.js'

const proposal = (): Proposal => new Proposal(new Uint8Array(0), EntryKind.Command, 1, false)

function openSession(): OwnSession {
  const own = new OwnSession()
  own.opened(9)
  return own
}

test('every sequence is found once, however many wait', () => {
  const own = openSession()
  const waiting = Array.from({ length: 5_000 }, proposal)
  for (const one of waiting) own.assign(one)
  expect(waiting.map(({ sequence }) => sequence)).toEqual(waiting.map((_, i) => i + 1))
  for (const one of waiting.filter((_, i) => i % 3 !== 0)) expect(own.take(one.sequence)).toBe(one)
  for (const [i, one] of waiting.entries()) expect(own.take(one.sequence)).toBe(i % 3 === 0 ? one : undefined)
  expect(own.acknowledgedBelow).toBe(5_001)
})

test('one that waits for long holds the window, and no more than that', { timeout: 60_000 }, () => {
  const own = openSession()
  const first = proposal()
  own.assign(first)
  for (let i = 1; i < SEQUENCE_WINDOW; i++) {
    expect(own.hasRoom).toBe(true)
    const one = proposal()
    own.assign(one)
    own.take(one.sequence)
  }
  expect([own.hasRoom, own.acknowledgedBelow]).toEqual([false, 1])
  expect(own.take(1)).toBe(first)
  expect([own.hasRoom, own.acknowledgedBelow]).toEqual([true, SEQUENCE_WINDOW + 1])
})

test('the next session begins with those who still wait, in their order', () => {
  const own = openSession()
  const waiting = Array.from({ length: 2_000 }, proposal)
  for (const one of waiting) own.assign(one)
  for (let sequence = 1; sequence <= 1_500; sequence++) own.take(sequence)
  expect(own.end()).toEqual(waiting.slice(1_500))
  expect([own.id, own.hasRoom]).toEqual([0, false])
  own.opened(10)
  expect(own.take(1_501)).toBeUndefined()
  own.assign(waiting[0]!)
  expect(waiting[0]).toMatchObject({ sessionId: 10, sequence: 1 })
})
