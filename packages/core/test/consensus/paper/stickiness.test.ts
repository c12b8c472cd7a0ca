// Thesis §4.2.3: "Disruptive servers".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { electionTimeoutMsMin, electionTimeoutMsMax } = OPTIONS

const request = (term: number, transfer = false) =>
  ({ type: 'RequestVote', term, lastLogIndex: 9, lastLogTerm: 9, transfer }) as const

describe('"if a server receives a RequestVote request within the minimum election timeout of hearing from a current leader, it does not update its term or grant its vote"', () => {
  test('a follower', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.persist()
    a.take()
    a.wait(electionTimeoutMsMin - 1)
    expect(a.receive('C', request(7))).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: false }])
    expect(a.state).toMatchObject({ currentTerm: 1, role: { leaderId: 'B' } })
    a.wait(1)
    a.receive('C', request(7))
    expect(a.persist()).toEqual([{ type: 'RequestVoteReply', term: 7, voteGranted: true }])
  })

  test('a follower that has heard of a new term since: what the old leader was promised outlives the term', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.receive('C', { type: 'PreVoteReply', term: 2, askedTerm: 0, voteGranted: false })
    expect(a.state).toMatchObject({ currentTerm: 2, role: { leaderId: undefined } })
    a.receive('C', request(3))
    expect(a.state.currentTerm).toBe(2)
    expect(a.events.at(-1)).toMatchObject({ type: 'VoteRefused', reason: 'leader-alive' })
  })

  test('in that new term nobody gets its vote either: two leaders, one by lease, could answer reads', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.receive('C', { type: 'PreVoteReply', term: 2, askedTerm: 0, voteGranted: false })
    a.receive('C', request(2))
    expect(a.state.votedFor).toBe(undefined)
    a.wait(electionTimeoutMsMin)
    a.receive('C', request(2))
    expect(a.state.votedFor).toBe('C')
  })

  test('a leader, while a quorum answers it', () => {
    const a = new Solo({ consensus }).lead()
    a.acknowledge('B', 1)
    a.wait(electionTimeoutMsMin - 1)
    a.receive('C', request(7))
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'leader' } })
    a.wait(1)
    a.receive('C', request(7))
    expect(a.state).toMatchObject({ currentTerm: 7, votedFor: 'C', role: { role: 'follower' } })
  })

  test('"I have permission to disrupt the leader—it told me to!"', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.receive('C', request(2, true))
    expect(a.persist().at(-1)).toEqual({ type: 'RequestVoteReply', term: 2, voteGranted: true })
  })
})

describe('with leases, a server that comes back does not know what it promised', () => {
  const leases = { steadyLeader: true, leaseMs: electionTimeoutMsMin * 0.9 }

  test('it votes for nobody for an election timeout', () => {
    const a = new Solo({ consensus: leases, log: [1] })
    a.wait(electionTimeoutMsMax - 1)
    a.receive('C', request(7))
    expect(a.events.at(-1)).toMatchObject({ type: 'VoteRefused', reason: 'restarted' })
    a.wait(1)
    a.receive('C', request(7))
    expect(a.state.votedFor).toBe('C')
  })

  test('one whose storage is empty has promised nothing', () => {
    const a = new Solo({ consensus: leases })
    a.receive('C', request(7))
    expect(a.state.votedFor).toBe('C')
  })

  test('so a round is confirmed only when the term is on the disk, by a refusal too', () => {
    const a = new Solo({ consensus: leases })
    const gap = { term: 1, prevLogIndex: 5, prevLogTerm: 1, round: 3 }
    expect(a.append('B', gap)).toMatchObject([{ type: 'AppendEntriesReply', success: false, round: 0 }])
    a.persist()
    expect(a.append('B', gap)).toMatchObject([{ type: 'AppendEntriesReply', success: false, round: 3 }])
  })
})

test("camunda#5356: a step-down within the term keeps the vote, a pre-candidate's too", () => {
  const a = new Solo({ consensus })
  a.requestVote('B', 1)
  a.persist()
  a.elapse()
  expect(a.state).toMatchObject({ currentTerm: 1, votedFor: 'B', role: { role: 'pre-candidate' } })
  a.requestVote('C', 1)
  expect(a.events.at(-1)).toMatchObject({ type: 'VoteRefused', reason: 'voted-for-another' })
  a.append('B', { term: 1 })
  a.requestVote('C', 1)
  expect(a.state).toMatchObject({ currentTerm: 1, votedFor: 'B' })
})

test('"This does not affect normal elections, where each server waits at least a minimum election timeout before starting an election" (§6)', () => {
  let elections = 0
  for (let seed = 1; seed <= 30; seed++) {
    const cluster = new Cluster({ size: 5, consensus, seed })
    const leader = cluster.elect()
    cluster.run(3 * electionTimeoutMsMax)
    const { currentTerm } = leader.state
    const refused = (): number =>
      [...cluster.servers.values()]
        .flatMap(({ outputs }) => outputs.flatMap(({ events }) => events))
        .filter((event) => event.type === 'VoteRefused' && event.reason === 'leader-alive').length
    const before = refused()
    leader.crash()
    cluster.run(2 * electionTimeoutMsMax)
    const next = cluster.elect()
    elections += next.state.currentTerm - currentTerm
    expect(refused(), `seed ${seed}`).toBe(before)
  }
  // Hardly any is repeated: none because of this rule.
  expect(elections).toBeLessThan(40)
})
