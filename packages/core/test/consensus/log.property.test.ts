// The log's searches against their definitions.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Log } from '../../src/consensus/log.js'
import { check } from '../harness/property.js'

test('the last index of a term at most: as if every entry were looked at', () => {
  const terms = fc
    .array(fc.integer({ min: 1, max: 12 }), { maxLength: 30 })
    .map((all) => all.sort((a, b) => a - b))
  const agrees = fc.property(terms, (all) => {
    const log = new Log()
    for (const [i, term] of all.entries()) log.append(i + 1, i + 1, term)
    for (let index = 0; index <= all.length + 2; index++) {
      for (let term = 0; term <= 13; term++) {
        let expected = 0
        for (const [i, of] of all.entries()) if (i + 1 <= index && of <= term) expected = i + 1
        expect(log.lastIndexOfTermAtMost(index, term)).toBe(expected)
      }
    }
  })
  check(agrees, 'test/consensus/log.property.test.ts', 200)
})
