// The suite proves itself: the right storage fails nothing, and each of these breaks one promise and is caught at that.
import { describe, expect, test } from 'vitest'
import { BROKEN_OPENINGS_AND_READS } from './broken/openings-and-reads.js'
import { BROKEN_SNAPSHOTS } from './broken/snapshots.js'
import { BROKEN_WRITES } from './broken/writes.js'
import { casesOver } from './suite.js'

const seed = Math.floor(Math.random() * 2 ** 32)
const BROKEN = [...BROKEN_WRITES, ...BROKEN_OPENINGS_AND_READS, ...BROKEN_SNAPSHOTS]

describe.each([true, false])('the right storage, writes through: %s', (writesThrough) => {
  test.each(casesOver({ writesThrough }, seed))('%s', (_, run) => run())
})

test.each(BROKEN)('caught: a storage that $what', async ({ caughtBy, saying, ...base }) => {
  const cases = casesOver(base, seed).filter(([name]) => name === caughtBy || name.startsWith(`${caughtBy}:`))
  expect(cases.map(([name]) => name)).toHaveLength(1)
  await expect(cases[0]![1]()).rejects.toThrow(saying)
})

test('every case has a name of its own', () => {
  const names = casesOver({}, seed).map(([name]) => name)
  expect(new Set(names).size).toBe(names.length)
})
