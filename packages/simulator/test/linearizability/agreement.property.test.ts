// The checker against an exhaustive one that knows no model, no memory and no pruning.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkLinearizability, type Model } from '../../src/linearizability/index.js'
import { eventsOf, subjects } from './arbitraries.js'
import { isLinearizable } from './brute-force.js'
import { observe } from './generate.js'

describe.each(subjects)('$name', (subject) => {
  const { model, reference } = subject

  test('whatever really happened is accepted, however it overlapped and whatever got lost', () => {
    const events = eventsOf(subject, { max: 40, lies: false })
    fc.assert(
      fc.property(events, (execution) => {
        expect(checkLinearizability(model, observe(reference, execution))).toEqual({ ok: true })
      }),
    )
  })

  test('the verdict on any small history is that of trying every order', () => {
    const verdicts = { accepted: 0, rejected: 0 }
    const bare = withoutHints(model)
    fc.assert(
      fc.property(eventsOf(subject, { max: 6, lies: true }), (execution) => {
        const history = observe(reference, execution)
        const expected = isLinearizable(reference, history)
        verdicts[expected ? 'accepted' : 'rejected']++
        expect(checkLinearizability(model, history).ok).toBe(expected)
        expect(checkLinearizability(bare, history).ok).toBe(expected)
      }),
      { numRuns: 500 },
    )
    expect(verdicts.accepted).toBeGreaterThan(50)
    expect(verdicts.rejected).toBeGreaterThan(50)
  })

  test('what is rejected is explained by a part that cannot be, of which every operation is needed', () => {
    fc.assert(
      fc.property(eventsOf(subject, { max: 6, lies: true }), (execution) => {
        const history = observe(reference, execution)
        const { explanation } = checkLinearizability(model, history)
        if (!explanation) return
        const { operations: core, prefix, unplaced } = explanation
        expect(isLinearizable(reference, core)).toBe(false)
        expect(explanation.minimal).toBe(true)
        for (const operation of core)
          expect(isLinearizable(reference, history.map(freeUnless(core, operation)))).toBe(true)
        expect(prefix).not.toContain(unplaced)
        expect(core).toContain(unplaced)
      }),
    )
  })
})

/** Only what a model must have: hints may make the search faster, never different. */
function withoutHints<Input, Output>(model: Model<unknown, Input, Output>): Model<unknown, Input, Output> {
  const { init, step, hash, partition } = model
  return { init, step, hash: () => 0, equal: (a, b) => hash(a) === hash(b), ...(partition && { partition }) }
}

/** Everything outside the core may take effect at any time or never, and so may `relaxed`. */
function freeUnless<T extends { client: string; input: unknown; outcome: string }>(
  core: readonly T[],
  relaxed: T,
) {
  return (operation: T): T => {
    if (operation.outcome === 'not-applied' || (core.includes(operation) && operation !== relaxed))
      return operation
    const { client, input } = operation
    return { client, input, calledAt: Number.NEGATIVE_INFINITY, outcome: 'unknown' } as unknown as T
  }
}
