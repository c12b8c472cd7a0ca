// The sessions' own rules (Raft §8, thesis §6.3), as a function of the log: what is new, known, forgotten, expired.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SEQUENCE_WINDOW, Session } from '../../src/node/sessions/session.js'
import { SESSIONS_MAX, SessionTable } from '../../src/node/sessions/session-table.js'
import { check } from '../harness/property.js'

const FILE = 'test/node/session-table.test.ts'

function apply(session: Session, ...sequences: number[]): void {
  for (const sequence of sequences) session.record(sequence, `result ${sequence}`, 100 + sequence, 7)
}

describe('a session', () => {
  test('knows the outcome of what it has applied, in whatever order it came', () => {
    const session = new Session(9, 1_000, 0)
    apply(session, 1, 4, 3, 6)
    expect([1, 2, 3, 4, 5, 6, 7].map((sequence) => session.stateOf(sequence))).toEqual([
      'known',
      'new',
      'known',
      'known',
      'new',
      'known',
      'new',
    ])
    apply(session, 2)
    for (const sequence of [1, 2, 3, 4, 6])
      expect(session.outcomeOf(sequence)).toEqual({
        result: `result ${sequence}`,
        index: 100 + sequence,
        term: 7,
      })
  })

  test('a result of undefined is a result', () => {
    const session = new Session(9, 1_000, 0)
    session.record(1, undefined, 5, 1)
    expect(session.stateOf(1)).toBe('known')
    expect(session.outcomeOf(1)).toEqual({ result: undefined, index: 5, term: 1 })
  })

  test('what is acknowledged is forgotten, applied or not, and never new again', () => {
    const session = new Session(9, 1_000, 0)
    apply(session, 1, 2, 5, 8)
    session.acknowledge(4)
    expect([1, 2, 3].map((sequence) => session.stateOf(sequence))).toEqual([
      'forgotten',
      'forgotten',
      'forgotten',
    ])
    expect([4, 5, 8].map((sequence) => session.stateOf(sequence))).toEqual(['new', 'known', 'known'])
    // An acknowledgement that comes late takes nothing back.
    session.acknowledge(2)
    expect(session.acknowledgedBelow).toBe(4)
    session.acknowledge(100)
    expect([8, 99, 100].map((sequence) => session.stateOf(sequence))).toEqual([
      'forgotten',
      'forgotten',
      'new',
    ])
    apply(session, 100)
    expect(session.outcomeOf(100).index).toBe(200)
  })

  test('keeps thousands of outcomes apart, and makes room again when they are acknowledged', () => {
    const session = new Session(9, 1_000, 0)
    const count = 20_000
    for (let sequence = 1; sequence <= count; sequence++) apply(session, sequence)
    for (let sequence = 1; sequence <= count; sequence++)
      expect(session.outcomeOf(sequence).result).toBe(`result ${sequence}`)
    for (let below = 1; below <= count; below += 777) {
      session.acknowledge(below)
      for (const sequence of [below, Math.ceil((below + count) / 2), count])
        expect(session.outcomeOf(sequence)).toMatchObject({ result: `result ${sequence}` })
    }
    session.acknowledge(count + 1)
    apply(session, count + 1)
    expect(session.outcomeOf(count + 1).index).toBe(count + 101)
  })

  test('runs at most a window ahead of what is acknowledged', () => {
    const session = new Session(9, 1_000, 0)
    expect([SEQUENCE_WINDOW, SEQUENCE_WINDOW + 1].map((sequence) => session.stateOf(sequence))).toEqual([
      'new',
      'beyond',
    ])
    expect(session.stateOf(Number.MAX_SAFE_INTEGER)).toBe('beyond')
    session.acknowledge(Number.MAX_SAFE_INTEGER)
    expect(session.stateOf(Number.MAX_SAFE_INTEGER)).toBe('new')
  })

  test('agrees with a map of all outcomes, whatever is applied and acknowledged', () => {
    const act = fc.oneof(
      fc.record({ apply: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ acknowledge: fc.integer({ min: 1, max: 40 }) }),
    )
    check(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const session = new Session(9, 1_000, 0)
        const outcomes = new Map<number, number>()
        let below = 1
        for (const [i, one] of acts.entries()) {
          if ('acknowledge' in one) {
            below = Math.max(below, one.acknowledge)
            session.acknowledge(one.acknowledge)
          } else if (session.stateOf(one.apply) === 'new') {
            outcomes.set(one.apply, i)
            session.record(one.apply, i, i, 1)
          }
          for (let sequence = 1; sequence <= 41; sequence++) {
            const known = outcomes.has(sequence) ? 'known' : 'new'
            expect(session.stateOf(sequence)).toBe(sequence < below ? 'forgotten' : known)
            if (session.stateOf(sequence) === 'known')
              expect(session.outcomeOf(sequence).result).toBe(outcomes.get(sequence))
          }
        }
      }),
      FILE,
      300,
    )
  })
})

describe('the table', () => {
  test('a session lives as long as it is used, by the time of the entries', () => {
    const table = new SessionTable()
    table.open(3, 100, 1_000)
    expect(table.use(3, 1_100, 0)?.id).toBe(3)
    expect(table.use(3, 1_200, 0)?.id).toBe(3)
    expect(table.use(3, 1_301, 0)).toBeUndefined()
  })

  test('unknown or expired, it is not made anew by who uses it: a retry would run twice', () => {
    const table = new SessionTable()
    table.open(3, 100, 1_000)
    expect(table.use(4, 1_000, 0)).toBeUndefined()
    expect(table.use(3, 2_000, 0)).toBeUndefined()
    // Not by a later command either, nor when time seems to go back.
    expect(table.use(3, 1_050, 0)).toBeUndefined()
    expect(table.size).toBe(0)
  })

  test('opening one removes those that have expired', () => {
    const table = new SessionTable()
    table.open(1, 100, 0)
    table.open(2, 1_000, 0)
    table.open(3, 100, 50)
    table.use(1, 90, 0)
    table.open(4, 100, 160)
    expect([1, 2, 3, 4].map((id) => table.has(id))).toEqual([true, true, false, true])
    table.open(5, 100, 200)
    expect([1, 2, 3, 4, 5].map((id) => table.has(id))).toEqual([false, true, false, true, true])
  })

  test('one too many ends the one that was not used for longest', () => {
    const table = new SessionTable()
    for (let id = 1; id <= SESSIONS_MAX; id++) table.open(id, 1_000, 0)
    table.use(1, 5, 0)
    table.open(SESSIONS_MAX + 1, 1_000, 10)
    expect([1, 2, 3].map((id) => table.has(id))).toEqual([true, false, true])
    expect(table.size).toBe(SESSIONS_MAX)
  })

  test('holds the same after the same log, however that was cut into blocks', () => {
    const step = fc.record({
      session: fc.integer({ min: 0, max: 4 }),
      ttlMs: fc.integer({ min: 1, max: 60 }),
      passed: fc.nat(40),
      again: fc.nat(2),
    })
    check(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const [once, oftener] = [new SessionTable(), new SessionTable()]
        let now = 0
        for (const [i, { session, ttlMs, passed, again }] of steps.entries()) {
          now += passed
          if (session === 0) for (const table of [once, oftener]) table.open(i + 10, ttlMs, now)
          const id = 10 + ((i * session) % 7)
          const used = once.use(id, now, 0)?.id
          for (let part = 0; part <= again; part++) expect(oftener.use(id, now, 0)?.id).toBe(used)
          for (let id = 10; id < 10 + steps.length; id++) expect(oftener.has(id)).toBe(once.has(id))
        }
      }),
      FILE,
      200,
    )
  })
})

test('capturing copies nothing: with a full table a leader would miss its heartbeats over it', () => {
  const table = new SessionTable()
  table.open(1, 1_000, 0)
  table.open(2, 1_000, 0)
  expect(table.capture()).toEqual([table.get(1), table.get(2)])
  expect(table.capture()[0]).toBe(table.get(1))
})

test('what is captured stays as it was, whatever is applied afterwards, and however often', () => {
  const table = new SessionTable()
  table.open(1, 1_000, 0)
  table.use(1, 1, 1)!.record(1, 'first', 10, 1)
  table.open(2, 1_000, 1)
  const before = table.capture()
  // Not the one that was used last, then the one that was.
  for (const [id, at] of [
    [1, 5],
    [1, 6],
    [2, 7],
  ] as const)
    table.use(id, at, 2)!.record(at, 'later', 20, 1)
  const after = table.capture()
  table.use(2, 8, 9)
  expect(before.map(({ id, lastActive }) => [id, lastActive])).toEqual([
    [1, 1],
    [2, 1],
  ])
  expect([...before[0]!.outcomes()]).toEqual([[1, { result: 'first', index: 10, term: 1 }]])
  expect([...before[1]!.outcomes()]).toEqual([])
  expect(after.map(({ id, lastActive }) => [id, lastActive])).toEqual([
    [1, 6],
    [2, 7],
  ])
  expect(after[1]!.acknowledgedBelow).toBe(2)
  expect([...after[0]!.outcomes()].map(([sequence]) => sequence)).toEqual([5, 6])
  expect(table.get(2)).toMatchObject({ lastActive: 8, acknowledgedBelow: 9 })
})
