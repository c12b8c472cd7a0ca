import { describe, expect, test } from 'vitest'
import { compareReplicas, type ReplicaReport, ReplicasDiffer } from '../src/run/compare.js'

const report = (id: string, changes: Partial<ReplicaReport> = {}): ReplicaReport => ({
  id,
  lastIndex: 9,
  log: {
    from: 5,
    through: 9,
    entries: 5,
    runs: [{ firstIndex: 5, lastIndex: 9, term: 2 }],
    sha256: 'aa',
  },
  applied: { count: 8, index: 9, chain: 77 },
  ...changes,
})
const { log, applied } = report('')
const COUNTS = { acknowledged: 8, unknown: 0 }

test('equal replicas agree', () => {
  expect(compareReplicas([report('n1'), report('n2'), report('n3')], COUNTS)).toMatchObject({ lastIndex: 9 })
})

describe('one replica that differs is enough', () => {
  test.each<[string, Partial<ReplicaReport>, RegExp]>([
    ['a byte of an entry', { log: { ...log, sha256: 'ab' } }, /differ in log\. n1: .*"aa".*; n3: .*"ab"/],
    ['a term', { log: { ...log, runs: [{ firstIndex: 5, lastIndex: 9, term: 3 }] } }, /differ in log/],
    ['an entry more', { lastIndex: 10, log: { ...log, through: 10, entries: 6 } }, /differ in lastIndex/],
    ['a command applied twice', { applied: { ...applied, count: 9 } }, /differ in applied/],
    ['another order of commands', { applied: { ...applied, chain: 78 } }, /differ in applied/],
  ])('%s', (_, changes, message) => {
    const compare = () => compareReplicas([report('n1'), report('n2'), report('n3', changes)], COUNTS)
    expect(compare).toThrow(ReplicasDiffer)
    expect(compare).toThrow(message)
  })
})

describe('what all replicas hold is counted against what was acknowledged', () => {
  test.each([
    ['a lost write', { acknowledged: 9, unknown: 0 }, /9 writes were acknowledged, only 8 applied/],
    ['a write that nobody asked for', { acknowledged: 6, unknown: 1 }, /8 writes were applied, only 6/],
  ])('%s', (_, counts, message) => {
    expect(() => compareReplicas([report('n1'), report('n2')], counts)).toThrow(message)
  })

  test('a write of unknown outcome may be there', () => {
    expect(compareReplicas([report('n1'), report('n2')], { acknowledged: 7, unknown: 3 })).toBeDefined()
  })
})

test('a comparison of less than everything is none', () => {
  const short = { log: { ...log, through: 8, entries: 4 } }
  expect(() => compareReplicas([report('n1', short), report('n2', short)], COUNTS)).toThrow(/only 4 entries/)
  expect(() => compareReplicas([], COUNTS)).toThrow(ReplicasDiffer)
})
