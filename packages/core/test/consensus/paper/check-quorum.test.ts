// Thesis §6.2: a leader that nobody follows, or whose disk hangs, steps down.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMin, electionTimeoutMsMax, storageStallMs } = OPTIONS

const steppedDown = (a: Solo): unknown => a.events.find(({ type }) => type === 'BecameFollower')

describe('"a leader in Raft steps down if an election timeout elapses without a successful round of heartbeats to a majority of its cluster"', () => {
  test('nobody answers', () => {
    const a = new Solo({ consensus }).lead()
    a.acknowledge('B', 1)
    const heardAt = a.server.now
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    while (a.state.role.role === 'leader') a.elapse()
    expect(a.server.now - heardAt).toBeGreaterThan(electionTimeoutMsMax)
    expect(a.server.now - heardAt).toBeLessThanOrEqual(electionTimeoutMsMax + heartbeatMs)
    expect(steppedDown(a)).toEqual({ type: 'BecameFollower', term: 1, reason: 'quorum-lost' })
    // Who waited is told, and one vote a term stays one vote (CCF#8094).
    expect(a.server.refusedReads).toEqual([1])
    expect(a.state).toMatchObject({ currentTerm: 1, votedFor: 'A' })
    a.requestVote('B', 1, 9, 9)
    expect(a.state.votedFor).toBe('A')
  })

  test('one of five is not enough, two are', () => {
    const a = new Solo({ consensus, voters: ['A', 'B', 'C', 'D', 'E'] }).lead()
    const quiet = (): boolean => a.state.role.role === 'leader'
    for (let i = 0; i < 40; i++) {
      a.elapse()
      a.acknowledge('B', 0)
      a.acknowledge('C', 0)
    }
    expect(quiet()).toBe(true)
    for (let i = 0; i < 40 && quiet(); i++) {
      a.elapse()
      a.acknowledge('B', 0)
    }
    expect(steppedDown(a)).toMatchObject({ reason: 'quorum-lost' })
  })

  test('a refusal is an answer: the follower is there', () => {
    const a = new Solo({ consensus, log: [1, 1] }).lead()
    for (let i = 0; i < 40; i++) {
      a.elapse()
      a.receive('B', {
        type: 'AppendEntriesReply',
        term: 2,
        success: false,
        matchIndex: 0,
        rejectedIndex: 99,
        hintIndex: 0,
        hintTerm: 0,
        round: 1,
      })
    }
    expect(a.state.role.role).toBe('leader')
  })

  test('a cluster of one has its quorum', () => {
    const a = new Solo({ consensus, voters: ['A'] }).lead()
    for (let i = 0; i < 40; i++) a.elapse()
    expect(a.state.role.role).toBe('leader')
  })
})

describe('a wake-up that comes very late', () => {
  test('a leader judges nobody by its own sleep, once', () => {
    const a = new Solo({ consensus }).lead()
    a.acknowledge('B', 1)
    a.wait(electionTimeoutMsMax * 2)
    a.server.step({ type: 'Tick' })
    expect(a.state.role.role).toBe('leader')
    expect(a.takeEvents()).toContain('TickWasLate')
    a.wait(electionTimeoutMsMax + heartbeatMs)
    a.server.step({ type: 'Tick' })
    expect(steppedDown(a)).toMatchObject({ reason: 'quorum-lost' })
  })

  test('but it has no lease: that goes by the clock', () => {
    const a = new Solo({ consensus: { ...consensus, leaseMs: 100 } }).lead()
    a.acknowledge('B', 1, 1)
    a.wait(electionTimeoutMsMax * 2)
    a.server.step({ type: 'Tick' })
    a.server.step({ type: 'RequestRead', readId: 1, lease: true })
    expect(a.server.answered.size).toBe(0)
  })

  test('a follower waits another timeout for what is in its sockets', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.wait(electionTimeoutMsMax + electionTimeoutMsMin + 1)
    a.server.step({ type: 'Tick' })
    expect(a.state.role.role).toBe('follower')
    a.elapse()
    expect(a.state.role.role).toBe('pre-candidate')
  })
})

describe('hashicorp/raft#503: a leader with a hung disk', () => {
  test('steps down, and does not campaign while it hangs', () => {
    const a = new Solo({ consensus }).lead()
    a.server.propose('x')
    const since = a.server.now
    while (a.state.role.role === 'leader' && a.server.now - since <= 2 * storageStallMs) {
      a.elapse()
      a.acknowledge('B', 2)
    }
    expect(a.server.now - since).toBeLessThanOrEqual(storageStallMs + heartbeatMs)
    expect(steppedDown(a)).toMatchObject({ reason: 'storage-stalled' })
    for (let i = 0; i < 10; i++) a.elapse()
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'follower' } })
    a.persist()
    a.elapse()
    expect(a.state.role.role).toBe('pre-candidate')
  })

  test('steps down although reads keep it busy: their rounds are heartbeats too', () => {
    const a = new Solo({ consensus }).lead()
    a.acknowledge('B', 1)
    a.server.propose('never on its disk')
    const from = a.server.now
    for (let readId = 1; readId < 1_000 && a.state.role.role === 'leader'; readId++) {
      a.wait(heartbeatMs / 5)
      a.server.step({ type: 'RequestRead', readId, lease: false })
      if (a.state.role.role === 'leader') a.acknowledge('B', 2, a.state.role.round)
      expect(a.server.answered.has(readId)).toBe(true)
      if (a.server.now >= a.server.wakeAt) a.server.step({ type: 'Tick' })
    }
    expect(a.state.role.role).toBe('follower')
    expect(a.server.now - from).toBeLessThanOrEqual(storageStallMs + 2 * heartbeatMs)
  })

  test('another one commits within two elections', () => {
    const cluster = new Cluster({ size: 3, consensus })
    const stuck = cluster.elect('A')
    cluster.run(heartbeatMs)
    stuck.automatic.disk = false
    cluster.propose('A', 'x')
    cluster.run(storageStallMs + heartbeatMs + 2 * electionTimeoutMsMax)
    const next = cluster.leader!
    expect(next.id).not.toBe('A')
    cluster.propose(next.id, 'y')
    cluster.settle()
    expect(next.state.commitIndex).toBe(next.entries.length)
    expect(cluster.log(next.id).at(-1)).toBe('y')
  })
})
