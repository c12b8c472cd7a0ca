// The suite proves itself: the right storage fails nothing, and each of these breaks one promise and is caught at that.
import type { Storage } from '@riverraft/core'
import { describe, expect, test } from 'vitest'
import { altered } from './broken/altered.js'
import { BROKEN_GENERATION_AND_MEMBERS } from './broken/generation-and-members.js'
import { BROKEN_OPENINGS_AND_READS } from './broken/openings-and-reads.js'
import { BROKEN_SNAPSHOTS } from './broken/snapshots.js'
import { BROKEN_WRITES } from './broken/writes.js'
import { casesOver } from './suite.js'

const seed = Math.floor(Math.random() * 2 ** 32)
const BROKEN = [
  ...BROKEN_WRITES,
  ...BROKEN_OPENINGS_AND_READS,
  ...BROKEN_SNAPSHOTS,
  ...BROKEN_GENERATION_AND_MEMBERS,
]

describe.each([true, false])('the right storage, writes through: %s', (writesThrough) => {
  test.each(casesOver({ writesThrough }, seed))('%s', (_, run) => run())
})

test('a storage without snapshots passes what it declares', async () => {
  const alter = (storage: Storage): Storage =>
    altered(storage, {
      saveSnapshot: async () => Promise.reject(new Error('not yet')),
      openSnapshot: async () => undefined,
      compact: async () => {},
    })
  const cases = casesOver({ alter }, seed, false)
  expect(cases.length).toBeGreaterThan(50)
  for (const [, run] of cases) await run()
})

test.each(BROKEN)('caught: a storage that $what', async ({ caughtBy, saying, ...base }) => {
  const cases = casesOver(base, seed).filter(([name]) => name === caughtBy || name.startsWith(`${caughtBy}:`))
  expect(cases.map(([name]) => name)).toHaveLength(1)
  await expect(cases[0]![1]()).rejects.toThrow(saying)
})

test('a history that goes wrong tells its seed and what happened, and goes wrong again in the same way', async () => {
  const [broken] = BROKEN_WRITES.filter(({ what }) => what === 'truncates one entry too many')
  const failures = [1, 2].map(async () => {
    const histories = casesOver(broken!, 7).find(([name]) => name.startsWith('any history'))!
    expect(histories[0]).toMatch(/\(seed 7\)$/)
    return histories[1]().catch(String)
  })
  const [once, again] = await Promise.all(failures)
  expect(once).toMatch(/history \d of seed 7: .*what happened:\n {2}1\. /s)
  expect(again).toBe(once)
})

test('every case has a name of its own', () => {
  const names = casesOver({}, seed).map(([name]) => name)
  expect(new Set(names).size).toBe(names.length)
})
