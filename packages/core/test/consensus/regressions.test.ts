// What reviews and other projects' histories have taught, one story each.
import { describe, expect, test } from 'vitest'
import { Solo } from '../harness/solo.js'

describe('the follower', () => {
  test('appending behind an older term is not a conflict: nothing is truncated', () => {
    const a = new Solo({ log: [1, 1, 2] })
    a.takeEvents()
    a.append('B', { term: 2, prevLogIndex: 3, prevLogTerm: 2, terms: [2, 2] })
    expect(a.takeEvents()).not.toContain('LogTruncated')
    expect(a.effects.filter(({ type }) => type === 'Persist')).toEqual([
      {
        type: 'Persist',
        write: 1,
        hardState: undefined,
        truncateFrom: undefined,
        appended: { firstIndex: 4, lastIndex: 5 },
      },
    ])
  })
})
