// A history in which nothing overlaps has one order: any other answer to anybody must be found.

import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkLinearizability } from '../../src/linearizability/index.js'
import { eventsOf, subjects } from './arbitraries.js'
import { observe } from './generate.js'

describe.each(subjects)('$name', (subject) => {
  test('one changed answer is found', () => {
    let found = 0
    const execution = eventsOf(subject, { max: 30, lies: true }).map((events) =>
      events.map((event) => ({ ...event, before: 4, after: 4, fate: 'returned' as const })),
    )
    fc.assert(
      fc.property(execution, fc.nat(), (events, choice) => {
        const honest = observe(
          subject.reference,
          events.map(({ lie: _, ...event }) => event),
        )
        const lied = observe(subject.reference, events)
        const changed = honest.flatMap((operation, i) => (isDeepStrictEqual(operation, lied[i]) ? [] : [i]))
        if (changed.length === 0) return
        const at = changed[choice % changed.length]!
        const history = honest.with(at, lied[at]!)
        const { explanation } = checkLinearizability(subject.model, history)
        expect(explanation?.operations).toContain(history[at])
        found++
      }),
    )
    expect(found).toBeGreaterThan(20)
  })
})
