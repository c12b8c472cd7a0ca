// Thesis §6.4.1: "Using clocks to reduce messaging for read-only queries".
import { expect, test } from 'vitest'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const LEASE_MS = 100
const consensus = { steadyLeader: true, leaseMs: LEASE_MS }

/** A leader whose first entry is committed, and whose last round nobody has answered. */
function leader(): Solo {
  const a = new Solo({ consensus }).lead()
  a.acknowledge('B', 1)
  a.take()
  return a
}

let reads = 0
/** True when the read is answered at once. */
function readsByLease(a: Solo): boolean {
  const readId = ++reads
  a.server.step({ type: 'RequestRead', readId, lease: true })
  a.take()
  return a.server.answered.has(readId)
}

const round = (a: Solo): number => (a.state.role.role === 'leader' ? a.state.role.round : 0)

test('a lease begins when the round began that a quorum has answered, not when the answers came', () => {
  const a = leader()
  a.elapse()
  const [asked, began] = [round(a), a.server.now]
  a.pass(30)
  a.acknowledge('B', 1, asked)
  expect(readsByLease(a)).toBe(true)
  a.server.now = began + LEASE_MS - 1
  expect(readsByLease(a)).toBe(true)
  a.server.now = began + LEASE_MS
  expect(readsByLease(a)).toBe(false)
})

test('no lease rests on less than a quorum', () => {
  const a = new Solo({ voters: ['A', 'B', 'C', 'D', 'E'], consensus }).lead()
  for (const peer of ['B', 'C']) a.acknowledge(peer, 1)
  a.elapse()
  a.acknowledge('B', 1, round(a))
  expect(readsByLease(a)).toBe(false)
  a.acknowledge('C', 1, round(a) - 1)
  expect(readsByLease(a)).toBe(true)
})

test('no lease before an entry of the term is committed: what is committed is not known before', () => {
  const a = new Solo({ log: [1, 1], consensus }).lead()
  a.elapse()
  a.acknowledge('B', 2, round(a))
  expect(readsByLease(a)).toBe(false)
  a.acknowledge('B', 3, round(a))
  expect(readsByLease(a)).toBe(true)
})

test('no lease once a successor was told to campaign, in the whole term: that may arrive at any time', () => {
  const a = leader()
  a.elapse()
  a.acknowledge('B', 1, round(a))
  expect(readsByLease(a)).toBe(true)
  a.server.step({ type: 'TransferLeadership', to: 'B' })
  for (let i = 0; i < 20 && a.server.failedTransfers.length === 0; i++) {
    a.elapse()
    a.acknowledge('C', 1, round(a))
  }
  expect(a.server.failedTransfers).toEqual(['aborted'])
  a.elapse()
  a.acknowledge('C', 1, round(a))
  expect(readsByLease(a)).toBe(false)
})

test('a transfer that was given up before the successor was told leaves the lease', () => {
  const a = leader()
  a.server.propose('x')
  a.persist()
  a.server.step({ type: 'TransferLeadership', to: 'B' })
  for (let i = 0; i < 20 && a.server.failedTransfers.length === 0; i++) {
    a.elapse()
    a.acknowledge('C', 2, round(a))
  }
  expect(a.take().filter(({ type }) => type === 'TimeoutNow')).toEqual([])
  expect(readsByLease(a)).toBe(true)
})

test('a voter keeps quiet for a lease although it has learned of a later term meanwhile, from whomever', () => {
  const a = new Solo({ log: [1], consensus })
  a.pass(OPTIONS.electionTimeoutMsMax)
  a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
  a.receive('C', { type: 'PreVoteReply', term: 2, askedTerm: 0, voteGranted: false })
  expect(a.state.currentTerm).toBe(2)
  a.requestVote('C', 2, 1, 1)
  expect(a.state.votedFor).toBeUndefined()
  a.requestVote('C', 3, 1, 1)
  expect(a.state).toMatchObject({ currentTerm: 2, votedFor: undefined })
  a.pass(OPTIONS.electionTimeoutMsMin)
  a.requestVote('C', 2, 1, 1)
  expect(a.persist().at(-1)).toMatchObject({ term: 2, voteGranted: true })
  expect(a.state.votedFor).toBe('C')
})

test('a server that restarts votes for nobody until every lease it may have supported is over', () => {
  const a = new Solo({ log: [1], consensus })
  expect(a.requestVote('B', 2, 1, 1)).toMatchObject([{ term: 1, voteGranted: false }])
  // Of the term it stopped in neither.
  expect(a.requestVote('B', 1, 1, 1)).toMatchObject([{ term: 1, voteGranted: false }])
  a.pass(OPTIONS.electionTimeoutMsMax)
  a.requestVote('B', 2, 1, 1)
  expect(a.persist()).toMatchObject([{ term: 2, voteGranted: true }])
  // An empty storage has promised nothing.
  const fresh = new Solo({ consensus })
  fresh.requestVote('B', 1)
  expect(fresh.persist()).toMatchObject([{ term: 1, voteGranted: true }])
})
