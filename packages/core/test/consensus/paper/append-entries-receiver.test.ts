// Raft §5.3 and Figure 2, AppendEntries RPC, "Receiver implementation".
import { describe, expect, test } from 'vitest'
import { termsOf } from '../../harness/entry.js'
import { Solo } from '../../harness/solo.js'

describe('1. "Reply false if term < currentTerm"', () => {
  test('and keep the log, the timer and the leader as they are', () => {
    const a = new Solo({ log: [1, 2] })
    a.append('B', { term: 2, prevLogIndex: 2, prevLogTerm: 2 })
    const [reply] = a.append('C', { term: 1, prevLogIndex: 1, prevLogTerm: 1, terms: [1] })
    expect(reply).toMatchObject({ term: 2, success: false })
    expect(termsOf(a.server.entries)).toEqual([1, 2])
    expect(a.state.role).toEqual({ role: 'follower', leaderId: 'B' })
  })
})

describe('2. "Reply false if log doesn\'t contain an entry at prevLogIndex whose term matches prevLogTerm"', () => {
  test.each([
    ['an empty log', [], 1, 1, 0, 0],
    ['a log that ends before', [1, 1], 5, 2, 2, 1],
    ['a later term at that place: back to where the term could still be', [1, 1, 4, 4], 4, 2, 2, 1],
    ['an earlier term at that place: the leader is to look for it', [1, 1, 1], 3, 2, 3, 1],
    ['nothing at all of such a term', [3, 3], 2, 2, 0, 0],
  ])('%s', (_, log, prevLogIndex, prevLogTerm, hintIndex, hintTerm) => {
    const a = new Solo({ log: log as number[] })
    const [reply] = a.append('B', { term: 5, prevLogIndex, prevLogTerm, terms: [5] })
    expect(reply).toMatchObject({ success: false, rejectedIndex: prevLogIndex, hintIndex, hintTerm })
    expect(termsOf(a.server.entries)).toEqual(log)
  })

  test('a refusal waits for nothing: it promises nothing', () => {
    const a = new Solo({ log: [1] })
    expect(a.append('B', { term: 9, prevLogIndex: 4, prevLogTerm: 1 })).toMatchObject([{ success: false }])
    expect(a.server.disk.inFlight.length).toBe(1)
  })
})

describe('3. "If an existing entry conflicts with a new one (same index but different terms), delete the existing entry and all that follow it"', () => {
  test('inside a message', () => {
    const a = new Solo({ log: [1, 1, 2, 2, 2] })
    a.append('B', { term: 3, prevLogIndex: 1, prevLogTerm: 1, terms: [1, 2, 3] })
    expect(termsOf(a.server.entries)).toEqual([1, 1, 2, 3])
    a.persist()
    expect(termsOf(a.server.disk.entries)).toEqual([1, 1, 2, 3])
  })

  test('one write carries the deletion and what replaces it: a crash keeps both or neither', () => {
    const a = new Solo({ log: [1, 2, 2] })
    a.append('B', { term: 3, prevLogIndex: 1, prevLogTerm: 1, terms: [3] })
    expect(a.server.disk.inFlight.map(({ persist }) => persist)).toEqual([
      {
        type: 'Persist',
        write: 1,
        hardState: { currentTerm: 3, votedFor: undefined },
        truncateFrom: 2,
        appended: { firstIndex: 2, lastIndex: 2 },
      },
    ])
    a.crash()
    expect(termsOf(a.server.entries)).toEqual([1, 2, 2])
  })

  test('what is committed is never deleted: a leader that asks for it is no leader, and the server stops', () => {
    const a = new Solo({ log: [1, 1] })
    a.append('B', { term: 2, prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 2 })
    expect(() => a.append('C', { term: 3, prevLogIndex: 1, prevLogTerm: 1, terms: [3] })).toThrow(
      'what is committed is never truncated',
    )
  })

  test('a heartbeat deletes nothing, even when it speaks of an earlier place', () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1 })
    const [reply] = a.persist()
    expect(reply).toMatchObject({ success: true, matchIndex: 1 })
    expect(termsOf(a.server.entries)).toEqual([1, 1, 1])
  })
})

describe('4. "Append any new entries not already in the log"', () => {
  test('entries of several terms at once', () => {
    const a = new Solo()
    a.append('B', { term: 4, terms: [1, 1, 2, 4] })
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 4 }])
    expect(termsOf(a.server.disk.entries)).toEqual([1, 1, 2, 4])
  })

  test('a message may begin before what is missing, at a block boundary', () => {
    const a = new Solo({ log: [1, 1, 2] })
    a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [1, 2, 2, 2] })
    expect(a.server.disk.inFlight[0]!.persist.appended).toEqual({ firstIndex: 4, lastIndex: 5 })
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 5 }])
  })

  test('an old message that arrives late cuts nothing off and acknowledges only what it carried', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1] })
    a.append('B', { term: 1, prevLogIndex: 2, prevLogTerm: 1, terms: [1, 1, 1] })
    a.persist()
    expect(a.append('B', { term: 1, terms: [1, 1] })).toMatchObject([{ success: true, matchIndex: 2 }])
    expect(termsOf(a.server.entries)).toEqual([1, 1, 1, 1, 1])
    expect(a.takeEvents()).not.toContain('LogTruncated')
  })

  test('"if a follower receives an AppendEntries request that includes log entries already present in its log, it ignores those entries in the new request" (§5.5)', () => {
    const a = new Solo({ log: [1, 1] })
    a.append('B', { term: 1, terms: [1, 1] })
    expect(a.server.disk.inFlight).toEqual([])
  })
})

describe('5. "If leaderCommit > commitIndex, set commitIndex = min(leaderCommit, index of last new entry)"', () => {
  test('the leader has committed less than it sends', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1, 1], leaderCommit: 2 })
    expect(a.state.commitIndex).toBe(2)
  })

  test("the follower has more than the message speaks of: what follows may not be the leader's", () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.append('B', { term: 2, prevLogIndex: 0, terms: [1], leaderCommit: 3 })
    expect(a.state.commitIndex).toBe(1)
  })

  test('a heartbeat commits no further than the place it names (scylladb#9965, #10578)', () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.append('B', { term: 2, prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 3 })
    expect(a.state.commitIndex).toBe(2)
  })

  test('it does not go back', () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.append('B', { term: 1, prevLogIndex: 3, prevLogTerm: 1, leaderCommit: 3 })
    a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1 })
    expect(a.state.commitIndex).toBe(3)
  })

  test('a refused message commits nothing', () => {
    const a = new Solo({ log: [1, 1] })
    a.append('B', { term: 2, prevLogIndex: 2, prevLogTerm: 2, leaderCommit: 2 })
    expect(a.state.commitIndex).toBe(0)
  })

  test('"Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in log order)" (§5.3)', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1, 1], leaderCommit: 2 })
    expect(a.effects.filter(({ type }) => type === 'Apply')).toEqual([{ type: 'Apply', commitIndex: 2 }])
    expect(a.state.lastApplied).toBe(2)
  })
})

test('two leaders of one term are impossible: a server that meets them stops', () => {
  const a = new Solo()
  a.append('B', { term: 1 })
  expect(() => a.append('C', { term: 1 })).toThrow('at most one leader is elected in a term')
})
