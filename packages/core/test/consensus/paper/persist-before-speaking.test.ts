// Figure 2: "Persistent state on all servers: (Updated on stable storage before responding to RPCs)".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { Solo, success } from '../../harness/solo.js'

describe('each promise waits for the write that makes it true', () => {
  test("a candidate's request for votes waits for its own vote", () => {
    const a = new Solo()
    a.elapse()
    expect(a.take()).toEqual([])
    expect(a.persist().map(({ type }) => type)).toEqual(['RequestVote', 'RequestVote'])
  })

  test("a candidate's own vote counts when it is durable", () => {
    const a = new Solo({ voters: ['A'] })
    a.elapse()
    expect(a.state.role.role).toBe('candidate')
    a.persist()
    expect(a.state.role.role).toBe('leader')
  })

  test('an own vote counts when the write that carries it is durable, not an earlier one', () => {
    const a = new Solo({ voters: ['A'] })
    a.append('X', { term: 1, terms: [1] })
    a.elapse()
    a.persist(1)
    expect(a.state.role.role).toBe('candidate')
    a.persist(1)
    expect(a.state.role.role).toBe('leader')
  })

  test('a granted vote', () => {
    const a = new Solo()
    expect(a.requestVote('B', 1)).toEqual([])
    expect(a.persist()).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: true }])
  })

  test('a repeated vote waits for the write that is still under way', () => {
    const a = new Solo()
    a.requestVote('B', 1)
    expect(a.requestVote('B', 1)).toEqual([])
    expect(a.persist().length).toBe(2)
  })

  test('an acknowledged append', () => {
    const a = new Solo({ hardState: { currentTerm: 1, votedFor: undefined } })
    expect(a.append('B', { term: 1, terms: [1] })).toEqual([])
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 1 }])
  })

  test('a repeated append waits for the write of the first', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1] })
    expect(a.append('B', { term: 1, terms: [1, 1] })).toEqual([])
    expect(a.server.disk.inFlight.length).toBe(1)
    expect(a.persist()).toMatchObject([{ matchIndex: 2 }, { matchIndex: 2 }])
  })

  test('an answer of a new term waits for the term, though all its entries are durable', () => {
    const a = new Solo({ log: [1] })
    expect(a.append('B', { term: 2, terms: [1] })).toEqual([])
    expect(a.persist()).toMatchObject([{ term: 2, success: true, matchIndex: 1 }])
  })

  test('an answer waits for the write that covers it and for no later one', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1] })
    a.append('B', { term: 1, prevLogIndex: 2, prevLogTerm: 1, terms: [1] })
    expect(a.persist(1)).toMatchObject([{ matchIndex: 2 }])
    expect(a.persist(1)).toMatchObject([{ matchIndex: 3 }])
  })

  test('a heartbeat is answered at once, and claims only what is durable by now', () => {
    const a = new Solo({ log: [1] })
    a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1, terms: [1, 1] })
    expect(a.append('B', { term: 1, prevLogIndex: 3, prevLogTerm: 1 })).toMatchObject([
      { success: true, matchIndex: 1 },
    ])
  })
})

describe('the leader', () => {
  test('counts itself by its disk: it sends at once and commits when it has written', () => {
    const a = new Solo({ voters: ['A', 'B'] }).lead()
    a.acknowledge('B', 1)
    a.server.propose('x')
    expect(a.take().map(({ type }) => type)).toContain('AppendEntries')
    a.acknowledge('B', 2)
    expect(a.state.commitIndex).toBe(1)
    a.persist()
    expect(a.state.commitIndex).toBe(2)
  })

  test('"The leader may even commit an entry before it has been written to its own disk, if a majority of followers have written it to their disks" (thesis §10.2.1)', () => {
    const a = new Solo().lead()
    a.server.propose('x')
    a.acknowledge('B', 2)
    a.acknowledge('C', 2)
    expect(a.state.writes.durableIndex).toBe(1)
    expect(a.state.commitIndex).toBe(2)
  })

  test('a cluster of one waits for its own disk', () => {
    const a = new Solo({ voters: ['A'] }).lead()
    a.server.propose('x')
    expect(a.state.commitIndex).toBe(1)
    a.persist()
    expect(a.state.commitIndex).toBe(2)
  })
})

describe("truncate and append (etcd's append ABA race)", () => {
  test('the completion of the older write does not acknowledge the entries that replaced its own', () => {
    const a = new Solo({ log: [1] })
    a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [2, 2, 2] })
    a.append('C', { term: 3, prevLogIndex: 1, prevLogTerm: 1, terms: [3, 3] })
    a.server.completeWrites(1)
    // What leaves is the old answer, to the old leader, in its term.
    expect(a.sent).toMatchObject([{ to: 'B', message: { term: 2, matchIndex: 4 } }])
    a.take()
    expect(a.state.writes.durableIndex).toBe(1)
    expect(a.append('C', { term: 3, prevLogIndex: 3, prevLogTerm: 3 })).toEqual([])
    expect(a.persist()).toMatchObject([
      { term: 3, matchIndex: 3 },
      { term: 3, matchIndex: 1 },
    ])
  })

  test('what is durable shrinks with a truncation, before anything is written', () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [2] })
    expect(a.state.writes.durableIndex).toBe(1)
  })

  test('a late Persisted says nothing new', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1] })
    a.persist()
    const { durableIndex, persisted } = a.state.writes
    a.server.step({ type: 'Persisted', write: 0 })
    expect(a.state.writes).toMatchObject({ durableIndex, persisted })
    expect(() => a.server.step({ type: 'Persisted', write: 99 })).toThrow('only started writes complete')
  })
})

test('a leader elected while entries of its predecessor were on their way to disk does not count them twice', () => {
  const a = new Solo({ voters: ['A', 'B', 'C'] })
  a.append('B', { term: 1, terms: [1, 1] })
  a.elapse()
  a.server.completeWrites(2)
  a.vote('C')
  expect(a.state.role.role).toBe('leader')
  a.acknowledge('C', 2)
  a.receive('C', success(2, 3))
  expect(a.state.commitIndex).toBe(0)
  a.persist()
  expect(a.state.commitIndex).toBe(3)
})

test('slow disks: a vote and an append that never get to disk are never heard of', () => {
  const cluster = new Cluster({ size: 3 })
  for (const id of ['B', 'C']) cluster.server(id).automatic.disk = false
  cluster.run(2000)
  expect(cluster.history.votes.size).toBeGreaterThan(0)
  expect([...cluster.history.votes.keys()].filter((vote) => !vote.startsWith('A'))).toEqual([])
  expect(cluster.history.leaders.size).toBe(0)
})
