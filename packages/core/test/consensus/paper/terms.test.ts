// Raft §5.1: Raft basics.
import { describe, expect, test } from 'vitest'
import type { Message } from '../../../src/consensus/index.js'
import { appendEntries, refusal, Solo, success } from '../../harness/solo.js'

const HIGHER: readonly Message[] = [
  { type: 'RequestVote', term: 9, lastLogIndex: 0, lastLogTerm: 0, transfer: false },
  { type: 'RequestVoteReply', term: 9, voteGranted: false },
  appendEntries({ term: 9 }),
  success(9, 0),
  refusal(9, 1, 0, 0),
  { type: 'ReadIndexRequest', term: 9, readId: 1, lease: false },
  { type: 'ReadIndexReply', term: 9, readId: 1, confirmed: false, readIndex: 0 },
]

describe('"if one server\'s current term is smaller than the other\'s, then it updates its current term to the larger value"', () => {
  test.each(HIGHER)('$type', (message) => {
    const a = new Solo({ hardState: { currentTerm: 3, votedFor: 'B' } })
    a.receive('B', message)
    expect(a.state.currentTerm).toBe(9)
    expect(a.server.disk.inFlight[0]?.persist.hardState?.currentTerm).toBe(9)
  })
})

describe('"If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state"', () => {
  test.each(HIGHER)('a leader, by $type', (message) => {
    const a = new Solo().lead()
    a.receive('B', message)
    expect(a.state.role.role).toBe('follower')
  })

  test.each(HIGHER)('a candidate, by $type', (message) => {
    const a = new Solo()
    a.elapse()
    a.receive('B', message)
    expect(a.state.role.role).toBe('follower')
  })

  test('a vote given in the old term is no vote of the new one', () => {
    const a = new Solo({ hardState: { currentTerm: 3, votedFor: 'B' } })
    a.requestVote('C', 4)
    expect(a.state.votedFor).toBe('C')
  })

  test('all a leader had dies with its term: it leads again with nothing in flight and nothing matched', () => {
    const a = new Solo().lead()
    a.acknowledge('B', 1)
    a.server.propose('x', 'y')
    a.receive('C', success(7, 0))
    a.lead()
    expect(a.follower('B')).toMatchObject({
      state: 'probe',
      matchIndex: 0,
      ackedRound: 0,
      contactAt: undefined,
    })
  })
})

describe('"If a server receives a request with a stale term number, it rejects the request"', () => {
  test('RequestVote', () => {
    const a = new Solo({ hardState: { currentTerm: 3, votedFor: undefined } })
    expect(a.requestVote('B', 2, 9, 2)).toEqual([{ type: 'RequestVoteReply', term: 3, voteGranted: false }])
  })

  test('AppendEntries: the answer tells the deposed leader, and the election timer runs on', () => {
    const a = new Solo({ log: [1, 3] })
    a.takeEvents()
    expect(a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [2] })).toMatchObject([
      { term: 3, success: false },
    ])
    expect(a.state.log.runs).toEqual([
      { firstIndex: 1, lastIndex: 1, term: 1 },
      { firstIndex: 2, lastIndex: 2, term: 3 },
    ])
    expect(a.takeEvents()).not.toContain('ElectionTimerReset')
  })

  test('answers of an earlier term change nothing', () => {
    const a = new Solo({ hardState: { currentTerm: 4, votedFor: undefined } }).lead()
    a.receive('B', success(4, 1, 9))
    a.receive('B', refusal(4, 1, 0, 0))
    expect(a.follower('B')).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 1, ackedRound: 0 })
    expect(a.state.commitIndex).toBe(0)
  })
})

test('a term more than 2^32 above ours is refused: one lying peer must not exhaust the terms', () => {
  const a = new Solo({ hardState: { currentTerm: 3, votedFor: undefined } })
  expect(a.requestVote('B', 3 + 2 ** 32 + 1)).toEqual([])
  expect(a.state.currentTerm).toBe(3)
  a.requestVote('B', 3 + 2 ** 32)
  expect(a.state.currentTerm).toBe(3 + 2 ** 32)
})

test('nobody talks to itself: a message that claims to come from this server is dropped', () => {
  const a = new Solo()
  expect(a.receive('A', appendEntries({ term: 5 }))).toEqual([])
  expect(a.state.currentTerm).toBe(0)
})
