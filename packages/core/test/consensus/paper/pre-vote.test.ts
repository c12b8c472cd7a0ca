// Thesis §9.6: "Preventing disruptions when a server rejoins the cluster".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { log } from '../../harness/entry.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMin, electionTimeoutMsMax } = OPTIONS

/** A as a follower whose leader B has just fallen silent for good; its log is [1]. */
const orphan = (): Solo => {
  const a = new Solo({ consensus, log: [1] })
  a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
  a.persist()
  a.takeEvents()
  return a
}

const ask = (a: Solo, from: string, term: number, lastLogIndex: number, lastLogTerm: number) =>
  a.receive(from, { type: 'PreVote', term, lastLogIndex, lastLogTerm })

describe('"a candidate only increments its term if it first learns from a majority of the cluster that they would be willing to grant the candidate their votes"', () => {
  test('a timeout asks, in the old term, and waits for no disk', () => {
    const a = orphan()
    a.elapse()
    expect(a.take()).toEqual(Array(2).fill({ type: 'PreVote', term: 1, lastLogIndex: 1, lastLogTerm: 1 }))
    expect(a.state).toMatchObject({ currentTerm: 1, votedFor: undefined, role: { role: 'pre-candidate' } })
  })

  test('a majority is willing: the election begins', () => {
    const a = orphan()
    a.elapse()
    a.take()
    a.preVote('C')
    expect(a.persist()).toMatchObject(Array(2).fill({ type: 'RequestVote', term: 2, transfer: false }))
    expect(a.state).toMatchObject({ currentTerm: 2, votedFor: 'A', role: { role: 'candidate' } })
  })

  test('nobody is willing: it asks again before long, and its term stays', () => {
    const a = orphan()
    for (let i = 0; i < 20; i++) {
      a.elapse()
      const askedAt = a.server.now
      a.preVote('B', false)
      a.preVote('C', false)
      expect(a.server.wakeAt - askedAt).toBeLessThanOrEqual(electionTimeoutMsMin)
    }
    expect(a.state.currentTerm).toBe(1)
  })

  test('an answer to a question of an earlier term, from a stranger, or given twice does not count', () => {
    const a = new Solo({ consensus, voters: ['A', 'B', 'C', 'D', 'E'], log: [1] })
    a.elapse()
    a.receive('B', { type: 'PreVoteReply', term: 0, askedTerm: 0, voteGranted: true })
    a.receive('X', { type: 'PreVoteReply', term: 1, askedTerm: 1, voteGranted: true })
    a.preVote('C')
    a.preVote('C')
    expect(a.state.role.role).toBe('pre-candidate')
    a.preVote('D')
    expect(a.state.role.role).toBe('candidate')
  })

  test('a cluster of one asks itself', () => {
    const a = new Solo({ consensus, voters: ['A'] })
    a.elapse()
    a.persist()
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'leader' } })
  })

  test('it is no promise: the vote of the term is free, for whoever campaigns first', () => {
    const a = orphan().wait(electionTimeoutMsMin)
    expect(ask(a, 'B', 1, 1, 1)).toMatchObject([{ type: 'PreVoteReply', voteGranted: true }])
    expect(a.state).toMatchObject({ currentTerm: 1, votedFor: undefined })
    a.requestVote('C', 2, 1, 1)
    expect(a.persist()).toMatchObject([{ type: 'RequestVoteReply', term: 2, voteGranted: true }])
  })
})

describe('"if the candidate\'s log is sufficiently up-to-date, and the voters have not received heartbeats from a valid leader"', () => {
  test.each([
    ['an old log', 1, 0, 0, electionTimeoutMsMin, 'log-behind'],
    ['an old term', 0, 1, 1, electionTimeoutMsMin, 'old-term'],
    ['a live leader', 1, 1, 1, electionTimeoutMsMin - 1, 'leader-alive'],
  ] as const)('%s is refused', (_what, term, lastLogIndex, lastLogTerm, afterMs, reason) => {
    const a = orphan().wait(afterMs)
    const reply = { type: 'PreVoteReply', term: 1, askedTerm: term, voteGranted: false }
    expect(ask(a, 'C', term, lastLogIndex, lastLogTerm)).toEqual([reply])
    expect(a.events.at(-1)).toMatchObject({ type: 'VoteRefused', preVote: true, reason })
  })

  test('a higher term in the question is not adopted', () => {
    const a = orphan()
    ask(a, 'C', 9, 1, 1)
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'follower', leaderId: 'B' } })
  })
})

test('a refusal tells the term: with a lower term and the fresh log it still completes a quorum (etcd#8243)', () => {
  const a = orphan()
  a.elapse()
  a.preVote('C', false, 5)
  expect(a.state).toMatchObject({ currentTerm: 5, role: { role: 'follower' } })
  a.persist()
  while (a.state.role.role === 'follower') a.elapse()
  expect(a.take().slice(-1)).toMatchObject([{ type: 'PreVote', term: 5, lastLogTerm: 1 }])
  a.preVote('C')
  a.persist()
  a.vote('C')
  expect(a.state).toMatchObject({ currentTerm: 6, role: { role: 'leader' } })
})

test('refused by all, and refusing all: the fresh log with the lower term is elected all the same (etcd#8243, canonical/raft#279)', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = new Cluster({ size: 3, consensus, seed })
    // A, B committed two entries in term 1. C lacks one, and has come to term 5 by itself.
    const [first, second] = log(1, 1)
    cluster.server('B').disk.entries = [first!, second!]
    cluster.server('B').disk.hardState = { currentTerm: 1, votedFor: 'A' }
    cluster.server('C').disk.entries = [first!]
    cluster.server('C').disk.hardState = { currentTerm: 5, votedFor: 'C' }
    for (const id of 'BC') {
      cluster.server(id).crash()
      cluster.start(id)
    }
    cluster.server('A').crash()
    cluster.run(10 * electionTimeoutMsMax)
    expect(cluster.leader?.id, `seed ${seed}`).toBe('B')
    expect(cluster.leader?.state.currentTerm, `seed ${seed}`).toBeGreaterThan(5)
  }
})

test('a short retry is forgotten once a leader is heard: its own vote, too, keeps away from a lease', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const a = new Solo({ consensus, log: [1], seed })
    a.elapse()
    a.preVote('B', false)
    a.preVote('C', false)
    a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
    const heardAt = a.server.now
    while (a.state.role.role === 'follower') a.elapse()
    expect(a.server.now - heardAt, `seed ${seed}`).toBeGreaterThanOrEqual(electionTimeoutMsMin)
  }
})

test('"The Pre-Vote algorithm solves the issue of a partitioned server disrupting the cluster when it rejoins"', () => {
  const cluster = new Cluster({ size: 5, consensus })
  const leader = cluster.elect('A')
  cluster.run(heartbeatMs)
  const { currentTerm } = leader.state
  cluster.partition('ABCD', 'E')
  cluster.run(20 * electionTimeoutMsMax)
  expect(cluster.server('E').state).toMatchObject({ currentTerm, role: { role: 'pre-candidate' } })
  cluster.heal()
  cluster.run(5 * electionTimeoutMsMax)
  expect(cluster.leader?.id).toBe('A')
  for (const { state } of cluster.servers.values()) expect(state.currentTerm).toBe(currentTerm)
})
