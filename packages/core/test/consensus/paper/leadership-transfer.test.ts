// Thesis §3.10: leadership transfer.
import { expect, test } from 'vitest'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const { electionTimeoutMsMax } = OPTIONS

/** Leads with two entries; B has both, C the first. */
function leader(): Solo {
  const a = new Solo().lead()
  a.acknowledge('B', 1)
  a.acknowledge('C', 1)
  a.server.propose('x')
  a.persist()
  a.acknowledge('B', 2)
  a.take()
  return a
}

const handOver = (a: Solo, to?: string) => a.server.step({ type: 'TransferLeadership', to })

test('"The prior leader stops accepting new client requests": proposals and reads are refused, not lost', () => {
  const a = leader()
  a.server.step({ type: 'RequestRead', readId: 1, lease: false })
  expect(a.server.refusedReads).toEqual([])
  handOver(a, 'C')
  a.server.propose('y')
  a.server.step({ type: 'RequestRead', readId: 2, lease: false })
  expect(a.server.refusedProposals).toEqual(['y'])
  expect(a.server.refusedReads).toEqual([1, 2])
})

test('"It then sends a TimeoutNow request to the target server" once that has the whole log', () => {
  const a = leader()
  handOver(a, 'C')
  expect(a.take()).not.toContainEqual(expect.objectContaining({ type: 'TimeoutNow' }))
  expect(a.acknowledge('C', 2)).toContainEqual({ type: 'TimeoutNow', term: 1 })
})

test('nobody named: whoever has the most of the log', () => {
  const a = leader()
  handOver(a)
  expect(a.sent.filter(({ message }) => message.type === 'TimeoutNow').map(({ to }) => to)).toEqual(['B'])
})

test('"If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer"', () => {
  const a = leader()
  const from = a.server.now
  handOver(a, 'B')
  a.take()
  for (let i = 0; i < 20 && a.server.failedTransfers.length === 0; i++) a.elapse()
  expect(a.server.failedTransfers).toEqual(['aborted'])
  expect(a.server.now - from).toBeGreaterThanOrEqual(electionTimeoutMsMax)
  expect(a.server.now - from).toBeLessThanOrEqual(electionTimeoutMsMax + OPTIONS.heartbeatMs)
  // Until then it was told again, in case that was lost.
  const told = a.take().filter(({ type }) => type === 'TimeoutNow')
  expect(told.length).toBeGreaterThanOrEqual(electionTimeoutMsMax / OPTIONS.heartbeatMs - 1)
  a.server.propose('y')
  expect(a.server.refusedProposals).toEqual([])
  expect(a.state.log.lastIndex).toBe(3)
})

test('what cannot be begun fails at once, and changes nothing', () => {
  const follower = new Solo()
  handOver(follower, 'B')
  expect(follower.server.failedTransfers).toEqual(['not-leader'])
  const a = leader()
  handOver(a, 'D')
  handOver(a, 'B')
  handOver(a, 'C')
  expect(a.server.failedTransfers).toEqual(['no-successor', 'under-way'])
  const { role } = a.state
  expect(role).toMatchObject({ role: 'leader', transfer: { to: 'B' } })
})

test('"The target server, upon receiving it, starts a new election": it asks for votes, not whether it could win', () => {
  const a = new Solo({ log: [1], consensus: { steadyLeader: true } })
  a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
  a.receive('B', { type: 'TimeoutNow', term: 1 })
  const asked = { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1, transfer: true }
  expect(a.persist()).toEqual([asked, asked])
})

test('a TimeoutNow of another term is not obeyed: that transfer was given up, or has happened', () => {
  const a = new Solo({ log: [1], consensus: { steadyLeader: true } })
  a.append('C', { term: 3, prevLogIndex: 1, prevLogTerm: 1 })
  a.persist()
  expect(a.receive('B', { type: 'TimeoutNow', term: 2 })).toEqual([])
  expect(a.state).toMatchObject({ currentTerm: 3, role: { role: 'follower', leaderId: 'C' } })
})

test('whoever campaigns because its leader asked it to gets votes beside that leader (thesis §4.2.3)', () => {
  const a = new Solo({ log: [1], consensus: { steadyLeader: true } })
  a.append('B', { term: 1, prevLogIndex: 1, prevLogTerm: 1 })
  const request = { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 } as const
  expect(a.receive('C', { ...request, transfer: false })).toMatchObject([{ term: 1, voteGranted: false }])
  expect(a.state.currentTerm).toBe(1)
  a.receive('C', { ...request, transfer: true })
  expect(a.persist()).toMatchObject([{ term: 2, voteGranted: true }])
})
