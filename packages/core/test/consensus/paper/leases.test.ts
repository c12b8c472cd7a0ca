// Thesis §6.4.1: "Using clocks to reduce messaging for read-only queries".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const leaseMs = 120
const consensus = { steadyLeader: true, leaseMs }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

let reads = 0

/** True when A answers a lease read at once. */
const answersAtOnce = (a: Solo): boolean => {
  a.server.step({ type: 'RequestRead', readId: ++reads, lease: true })
  return a.server.answered.has(reads)
}

/** A leads and has begun round 2; its no-op is committed. No round is answered. */
const leader = (changed = {}): Solo => {
  const a = new Solo({ consensus: { ...consensus, ...changed } }).lead()
  a.acknowledge('B', 1, 0)
  a.elapse()
  a.take()
  return a
}

describe('"the leader would use the normal heartbeat mechanism to maintain a lease"', () => {
  test('"While the leader held its lease, it would service read-only queries without communication"', () => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    a.take()
    expect(answersAtOnce(a)).toBe(true)
    expect(a.take()).toEqual([])
  })

  test('a read that does not ask for it goes by a round all the same', () => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    a.server.step({ type: 'RequestRead', readId: ++reads, lease: false })
    expect(a.server.answered.has(reads)).toBe(false)
  })

  test('it counts from when the round began, however late the answer is (etcd#6005)', () => {
    const a = leader()
    const begun = a.server.now
    a.wait(leaseMs - 1).acknowledge('B', 1, 2)
    expect(answersAtOnce(a)).toBe(true)
    const late = leader()
    late.wait(leaseMs).acknowledge('B', 1, 2)
    expect(late.server.now - begun).toBe(leaseMs)
    expect(answersAtOnce(late)).toBe(false)
  })

  test('it is judged when the read happens: no timer has to fire', () => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    expect(answersAtOnce(a.wait(leaseMs - 1))).toBe(true)
    expect(answersAtOnce(a.wait(1))).toBe(false)
  })

  test('an answer to an older round extends nothing', () => {
    const a = leader()
    a.elapse()
    a.elapse()
    a.wait(leaseMs - 2 * heartbeatMs).acknowledge('B', 1, 2)
    expect(answersAtOnce(a)).toBe(false)
    a.acknowledge('C', 1, 3)
    expect(answersAtOnce(a)).toBe(true)
  })

  test('a majority of five: one answer is not enough', () => {
    const a = new Solo({ consensus, voters: ['A', 'B', 'C', 'D', 'E'] }).lead()
    a.acknowledge('B', 1)
    a.acknowledge('C', 1)
    a.elapse()
    a.acknowledge('B', 1, 2)
    expect(answersAtOnce(a)).toBe(false)
    a.acknowledge('D', 0, 2)
    expect(answersAtOnce(a)).toBe(true)
  })

  test('a new leader has none before it has committed in its term (etcd#7331)', () => {
    const a = new Solo({ consensus, log: [1] }).wait(electionTimeoutMsMax).lead()
    a.acknowledge('B', 1, 1)
    expect(answersAtOnce(a)).toBe(false)
    a.acknowledge('B', 2, 1)
    expect(a.server.answered.has(reads)).toBe(false)
    expect(answersAtOnce(a)).toBe(true)
  })

  test('without the option there is none', () => {
    const a = leader({ leaseMs: 0 })
    a.acknowledge('B', 1, 2)
    expect(answersAtOnce(a)).toBe(false)
  })

  test('a follower asks its leader, who answers by its lease', () => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    a.take()
    expect(a.receive('C', { type: 'ReadIndexRequest', term: 1, readId: 7, lease: true })).toEqual([
      { type: 'ReadIndexReply', term: 1, readId: 7, confirmed: true, readIndex: 1 },
    ])
  })
})

describe('a leadership transfer ends the lease', () => {
  const handing = (): Solo => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    a.server.step({ type: 'TransferLeadership', to: 'B' })
    return a
  }

  test('from its first moment (openraft#1747)', () => {
    const a = handing()
    expect(answersAtOnce(a)).toBe(false)
    expect(a.server.refusedReads).toEqual([reads])
  })

  test('for the rest of the term once TimeoutNow left: it may arrive after the transfer was given up', () => {
    const a = handing()
    while (a.state.role.role === 'leader' && a.state.role.transfer !== undefined) {
      a.elapse()
      if (a.state.role.role === 'leader') a.acknowledge('B', 1, a.state.role.round)
    }
    expect(a.state.role.role).toBe('leader')
    expect(answersAtOnce(a)).toBe(false)
    // It still reads, by a round.
    if (a.state.role.role === 'leader') a.acknowledge('B', 1, a.state.role.round)
    expect(a.server.answered.has(reads)).toBe(true)
  })

  test('a transfer that never came to TimeoutNow gives it back', () => {
    const a = leader()
    a.acknowledge('B', 1, 2)
    a.server.step({ type: 'TransferLeadership', to: 'C' })
    while (a.state.role.role === 'leader' && a.state.role.transfer !== undefined) {
      a.elapse()
      if (a.state.role.role === 'leader') a.acknowledge('B', 1, a.state.role.round)
    }
    expect(answersAtOnce(a)).toBe(true)
  })
})

test('a leader that is cut off answers by its lease only while nobody else can lead', () => {
  const cluster = new Cluster({ size: 3, consensus })
  const old = cluster.elect('A')
  cluster.run(2 * heartbeatMs)
  cluster.partition('A', 'BC')
  let answeredLast = cluster.now
  let electedAt = Number.POSITIVE_INFINITY
  for (let i = 0; i < 4 * electionTimeoutMsMax; i++) {
    cluster.run(1)
    const readId = cluster.read('A', true)
    if (old.answered.has(readId)) answeredLast = cluster.now
    if (cluster.leader !== undefined && cluster.leader.id !== 'A')
      electedAt = Math.min(electedAt, cluster.now)
  }
  expect(electedAt).toBeLessThan(Number.POSITIVE_INFINITY)
  expect(answeredLast).toBeLessThan(electedAt)
})
