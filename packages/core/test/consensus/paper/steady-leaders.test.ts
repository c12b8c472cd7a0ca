// Thesis §4.2.3, §6.2, §9.6: leaders are not disturbed by servers that hear nobody, and know when nobody hears them.
import { describe, expect, test } from 'vitest'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const { electionTimeoutMsMin, electionTimeoutMsMax, heartbeatMs } = OPTIONS
const consensus = { steadyLeader: true }
const steady = (log: number[] = []): Solo => new Solo({ log, consensus })

describe('a server that hears nobody', () => {
  test('"only increments its term if it first learns from a majority of the cluster that they would be willing"', () => {
    const a = steady([1])
    a.elapse()
    const asked = { type: 'PreVote', term: 1, lastLogIndex: 1, lastLogTerm: 1 }
    // Nothing is promised, so nothing waits for the disk.
    expect(a.take()).toEqual([asked, asked])
    a.preVote('B', false)
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'pre-candidate' } })
    a.preVote('C')
    expect(a.state).toMatchObject({ currentTerm: 2, votedFor: 'A', role: { role: 'candidate' } })
  })

  test('asks again and again in the term it has, so that it disturbs nobody when it is back', () => {
    const a = steady([1])
    for (let i = 0; i < 20; i++) a.elapse()
    expect(new Set(a.take().map(({ type, term }) => `${type} ${term}`))).toEqual(new Set(['PreVote 1']))
    expect(a.state.currentTerm).toBe(1)
  })

  test('counts no answer to a question of another term', () => {
    const a = steady([1])
    a.elapse()
    a.receive('B', { type: 'PreVoteReply', term: 1, askedTerm: 0, voteGranted: true })
    expect(a.state.role.role).toBe('pre-candidate')
  })

  test('learns the term from a refusal: of an old one nobody could ever vote for it (etcd#8243)', () => {
    const a = steady([1])
    a.elapse()
    a.receive('B', { type: 'PreVoteReply', term: 7, askedTerm: 1, voteGranted: false })
    expect(a.state).toMatchObject({ currentTerm: 7, role: { role: 'follower' } })
    const b = steady([1, 3])
    expect(b.receive('C', { type: 'PreVote', term: 1, lastLogIndex: 1, lastLogTerm: 1 })).toEqual([
      { type: 'PreVoteReply', term: 3, askedTerm: 1, voteGranted: false },
    ])
  })
})

describe('whoever is asked whether it would vote', () => {
  test('changes neither term nor vote nor timer by its answer', () => {
    const a = steady([1])
    const before = structuredClone({ ...a.state, log: undefined })
    const question = { type: 'PreVote', lastLogIndex: 1, lastLogTerm: 1 } as const
    a.pass(electionTimeoutMsMin)
    expect(a.receive('B', { ...question, term: 9 })).toMatchObject([
      { term: 1, askedTerm: 9, voteGranted: true },
    ])
    expect(a.receive('C', { ...question, term: 1 })).toMatchObject([{ voteGranted: true }])
    expect({ ...a.state, log: undefined }).toEqual(before)
  })

  test('would not, for a log that lacks what it has', () => {
    const a = steady([1, 1])
    const question = { type: 'PreVote', term: 1, lastLogIndex: 1, lastLogTerm: 1 } as const
    expect(a.receive('B', question)).toMatchObject([{ voteGranted: false }])
  })

  test('"within the minimum election timeout of hearing from a current leader, it does not update its term or grant its vote"', () => {
    const a = steady([1])
    a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
    a.pass(electionTimeoutMsMin - 1)
    const log = { lastLogIndex: 1, lastLogTerm: 1 }
    expect(a.receive('C', { type: 'PreVote', term: 1, ...log })).toMatchObject([{ voteGranted: false }])
    expect(a.requestVote('C', 2, 1, 1)).toMatchObject([{ term: 1, voteGranted: false }])
    expect(a.state.currentTerm).toBe(1)
    a.pass(1)
    expect(a.receive('C', { type: 'PreVote', term: 1, ...log })).toMatchObject([{ voteGranted: true }])
    a.requestVote('C', 2, 1, 1)
    expect(a.persist()).toMatchObject([{ term: 2, voteGranted: true }])
  })
})

describe('a leader', () => {
  test('"steps down if an election timeout elapses without a successful round of heartbeats to a majority"', () => {
    const a = steady().lead()
    a.acknowledge('B', 1)
    const heard = a.server.now
    for (let i = 0; i < 20 && a.state.role.role === 'leader'; i++) a.elapse()
    expect(a.state.role.role).toBe('follower')
    expect(a.server.now - heard).toBeGreaterThan(electionTimeoutMsMax)
    expect(a.server.now - heard).toBeLessThanOrEqual(electionTimeoutMsMax + 2 * heartbeatMs)
    expect(a.state.currentTerm).toBe(1)
  })

  test('that one of two others answers does not step down', () => {
    const a = steady().lead()
    const from = a.server.now
    while (a.server.now - from < 10 * electionTimeoutMsMax) {
      a.elapse()
      a.acknowledge('B', 1)
    }
    expect(a.state.role.role).toBe('leader')
  })

  test('whose disk hangs steps down, although a quorum answers (hashicorp/raft#503)', () => {
    const a = steady().lead()
    a.server.propose('never on its disk')
    const from = a.server.now
    while (a.state.role.role === 'leader' && a.server.now - from < 10_000) {
      a.elapse()
      a.acknowledge('B', 2)
    }
    expect(a.state.role.role).toBe('follower')
    expect(a.server.now - from).toBeGreaterThan(OPTIONS.storageStallMs)
    expect(a.server.now - from).toBeLessThanOrEqual(OPTIONS.storageStallMs + 2 * heartbeatMs)
    // It does not stand again with that disk.
    for (let i = 0; i < 20; i++) a.elapse()
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'follower' } })
  })

  test('whose disk hangs steps down although reads keep it busy: their rounds are heartbeats too', () => {
    const a = steady().lead()
    a.acknowledge('B', 1)
    a.server.propose('never on its disk')
    const from = a.server.now
    for (let readId = 1; readId < 1_000 && a.state.role.role === 'leader'; readId++) {
      a.pass(heartbeatMs / 5)
      a.server.step({ type: 'RequestRead', readId, lease: false })
      if (a.state.role.role === 'leader') a.acknowledge('B', 2, a.state.role.round)
      expect(a.server.answered.has(readId)).toBe(true)
      if (a.server.now >= a.server.wakeAt) a.server.step({ type: 'Tick' })
    }
    expect(a.state.role.role).toBe('follower')
    expect(a.server.now - from).toBeLessThanOrEqual(OPTIONS.storageStallMs + 2 * heartbeatMs)
  })
})
