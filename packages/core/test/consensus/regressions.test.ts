// What reviews and other projects' histories have taught, one story each.
import { describe, expect, test } from 'vitest'
import { refusal, Solo, success } from '../harness/solo.js'

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

describe('the leader', () => {
  test('a reconnect before the first answer does not make it send its whole log', () => {
    const a = new Solo({ log: [1, 1, 1, 1, 1] }).lead()
    expect(a.follower('C').nextIndex).toBe(6)
    a.server.step({ type: 'PeerConnected', peer: 'C' })
    expect(a.follower('C').nextIndex).toBe(6)
    expect(a.take()).toMatchObject([{ type: 'AppendEntries', prevLogIndex: 5 }])
  })

  test('a reconnect while probing keeps the place that refusals have found', () => {
    const a = new Solo({ log: [1, 1, 1, 1, 1] }).lead()
    a.receive('C', refusal(2, 5, 2, 1))
    a.server.step({ type: 'PeerConnected', peer: 'C' })
    expect(a.follower('C')).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 3 })
  })

  test('a reconnect while replicating goes back to what is known to match', () => {
    const a = new Solo({ log: [1, 1, 1, 1, 1] }).lead()
    a.receive('C', success(2, 5))
    expect(a.follower('C')).toMatchObject({ state: 'replicate', nextIndex: 7 })
    a.server.step({ type: 'PeerConnected', peer: 'C' })
    expect(a.follower('C')).toMatchObject({ state: 'probe', matchIndex: 5, nextIndex: 6 })
  })
})

describe('a leader that is deposed', () => {
  test('takes nothing between the new term and its new role: both are one step (NuRaft#293)', () => {
    const a = new Solo().lead()
    a.takeEvents()
    a.receive('B', refusal(7, 1, 0, 0))
    expect(a.takeEvents()).toEqual(expect.arrayContaining(['TermAdvanced', 'BecameFollower']))
    const { lastIndex } = a.state.log
    a.server.propose('late')
    expect(a.server.refusedProposals).toEqual(['late'])
    expect(a.state.log.lastIndex).toBe(lastIndex)
  })
})

describe('the candidate', () => {
  test('a disk slower than the election timeout delays an election, it does not prevent it', () => {
    const a = new Solo()
    for (let i = 0; i < 5; i++) a.elapse()
    expect(a.take()).toEqual([])
    // Each write takes longer than an election timeout: it completes after the timer has fired again.
    for (let i = 0; i < 3 && a.sent.length === 0; i++) {
      a.elapse()
      a.server.completeWrites(1)
    }
    const { currentTerm: term } = a.state
    expect(a.take()).toMatchObject([
      { type: 'RequestVote', term },
      { type: 'RequestVote', term },
    ])
    expect(a.receive('B', { type: 'RequestVoteReply', term, voteGranted: true })).not.toEqual([])
    expect(a.state.role.role).toBe('leader')
  })
})
