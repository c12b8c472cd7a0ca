// Thesis §3.10: "Leadership transfer extension".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true, leaseMs: 120 }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

/** A leads term 1; its no-op is committed, C lacks it. */
const leader = (): Solo => {
  const a = new Solo({ consensus }).lead()
  a.acknowledge('B', 1, 1)
  a.take()
  a.effects = []
  return a
}

const transfer = (a: Solo, to?: string): void => void a.server.step({ type: 'TransferLeadership', to })
const failures = (a: Solo): unknown[] => a.effects.filter(({ type }) => type === 'TransferFailed')
const told = (a: Solo): string[] =>
  a.sent
    .splice(0)
    .filter(({ message }) => message.type === 'TimeoutNow')
    .map(({ to }) => to)

describe('the prior leader', () => {
  test('"The prior leader stops accepting new client requests": reads too (openraft#1747)', () => {
    const a = leader()
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    a.receive('C', { type: 'ReadIndexRequest', term: 1, readId: 7, lease: true })
    transfer(a, 'C')
    a.server.propose('x')
    a.server.step({ type: 'RequestRead', readId: 2, lease: true })
    expect(a.server.refusedProposals).toEqual(['x'])
    expect(a.server.refusedReads).toEqual([1, 2])
    expect(a.receive('C', { type: 'ReadIndexRequest', term: 1, readId: 8, lease: true })).toContainEqual({
      type: 'ReadIndexReply',
      term: 1,
      readId: 8,
      confirmed: false,
      readIndex: 0,
    })
  })

  test('"The prior leader fully updates the target server\'s log to match its own": only then "sends a TimeoutNow request"', () => {
    const a = leader()
    a.server.propose('x')
    a.persist()
    transfer(a, 'C')
    expect(told(a)).toEqual([])
    a.receive('C', {
      type: 'AppendEntriesReply',
      term: 1,
      success: true,
      matchIndex: 1,
      rejectedIndex: 0,
      hintIndex: 0,
      hintTerm: 0,
      round: 1,
    })
    expect(told(a)).toEqual([])
    a.server.receive({
      from: 'C',
      to: 'A',
      incarnation: 0,
      entries: [],
      message: {
        type: 'AppendEntriesReply',
        term: 1,
        success: true,
        matchIndex: 2,
        rejectedIndex: 0,
        hintIndex: 0,
        hintTerm: 0,
        round: 1,
      },
    })
    expect(told(a)).toEqual(['C'])
  })

  test('without a name it takes who has most of the log, of several who was heard last', () => {
    const a = leader()
    a.wait(1).acknowledge('C', 0, 1)
    transfer(a)
    expect(told(a)).toEqual(['B'])
    const equal = leader()
    equal.wait(1).acknowledge('C', 1, 1)
    equal.take()
    transfer(equal)
    expect(told(equal)).toEqual(['C'])
  })

  test('a lost TimeoutNow is sent again with the next heartbeat', () => {
    const a = leader()
    transfer(a, 'B')
    expect(told(a)).toEqual(['B'])
    a.elapse()
    expect(told(a)).toEqual(['B'])
  })

  test('"If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer and resumes accepting client requests"', () => {
    const a = leader()
    transfer(a, 'B')
    const since = a.server.now
    while (failures(a).length === 0 && a.server.now - since <= 2 * electionTimeoutMsMax) {
      a.elapse()
      a.acknowledge('B', 1)
    }
    expect(failures(a)).toEqual([{ type: 'TransferFailed', reason: 'aborted' }])
    expect(a.server.now - since).toBeLessThanOrEqual(electionTimeoutMsMax + heartbeatMs)
    a.server.propose('x')
    expect(a.server.refusedProposals).toEqual([])
    expect(a.state.role).toMatchObject({ role: 'leader', transfer: undefined })
  })

  test('refuses: not the leader, one under way, nobody to hand over to', () => {
    const follower = new Solo({ consensus })
    transfer(follower, 'B')
    expect(failures(follower)).toEqual([{ type: 'TransferFailed', reason: 'not-leader' }])
    const a = leader()
    transfer(a, 'X')
    transfer(a, 'A')
    transfer(a, 'B')
    transfer(a, 'C')
    expect(failures(a).map((failure) => (failure as { reason: string }).reason)).toEqual([
      'no-successor',
      'no-successor',
      'under-way',
    ])
    const alone = new Solo({ consensus, voters: ['A'] }).lead()
    transfer(alone)
    expect(failures(alone)).toEqual([{ type: 'TransferFailed', reason: 'no-successor' }])
  })

  // Simulator, seed 2098: the successor was told, and then got C_new as one that it did not have when it campaigned.
  test('the entry of C_new waits for the successor, or for the end of the attempt: nothing is appended behind its back', () => {
    const a = leader()
    a.server.change('A B')
    a.persist()
    transfer(a, 'B')
    expect(a.acknowledge('B', 2)).toContainEqual({ type: 'TimeoutNow', term: 1 })
    expect(a.state).toMatchObject({ commitIndex: 2, log: { lastIndex: 2 } })
    while (failures(a).length === 0) {
      a.elapse()
      a.acknowledge('B', 2)
    }
    expect(a.state).toMatchObject({ log: { lastIndex: 3 }, configuration: { voters: ['A', 'B'] } })
    expect(a.state.configuration.outgoing).toBeUndefined()
  })

  // Simulator, seed 3785.
  test('a leader of a later term that knows C_old,new to be committed still commits an entry of its own before C_new', () => {
    const a = leader()
    a.server.change('A B')
    a.persist()
    transfer(a, 'B')
    a.acknowledge('B', 2)
    a.receive('C', { type: 'AppendEntriesReply', ...nothing, term: 4 })
    a.lead()
    expect(a.state).toMatchObject({ commitIndex: 2, log: { lastIndex: 3 } })
    a.elapse()
    expect(a.state.log.lastIndex).toBe(3)
    a.acknowledge('B', 3)
    expect(a.state).toMatchObject({ log: { lastIndex: 4 }, configuration: { voters: ['A', 'B'] } })
  })

  test('hashicorp/raft#696: all of it dies with the term', () => {
    const a = leader()
    transfer(a, 'B')
    a.receive('C', { type: 'AppendEntriesReply', ...nothing, term: 4 })
    expect(a.state.role.role).toBe('follower')
    a.lead()
    expect(a.state.role).toMatchObject({ role: 'leader', transfer: undefined, leaseEnded: false })
    a.server.propose('x')
    expect(a.server.refusedProposals).toEqual([])
  })
})

const nothing = {
  success: false,
  matchIndex: 0,
  rejectedIndex: 0,
  hintIndex: 0,
  hintTerm: 0,
  round: 0,
}

describe('the target server', () => {
  test('"starts a new election (incrementing its term and becoming a candidate)", asking nobody first', () => {
    const a = new Solo({ consensus })
    a.append('B', { term: 1 })
    a.persist()
    a.take()
    a.receive('B', { type: 'TimeoutNow', term: 1 })
    expect(a.persist()).toEqual(
      Array(2).fill({ type: 'RequestVote', term: 2, lastLogIndex: 0, lastLogTerm: 0, transfer: true }),
    )
  })

  test('a TimeoutNow of an earlier term is over', () => {
    const a = new Solo({ consensus, hardState: { currentTerm: 3, votedFor: undefined } })
    a.receive('B', { type: 'TimeoutNow', term: 2 })
    expect(a.state).toMatchObject({ currentTerm: 3, role: { role: 'follower' } })
  })

  test('priority 0 never campaigns by itself, but takes over when told', () => {
    const a = new Solo({ consensus: { ...consensus, electionPriority: 0 } })
    a.append('B', { term: 1 })
    a.wait(100 * electionTimeoutMsMax)
    a.server.step({ type: 'Tick' })
    expect(a.state.role.role).toBe('follower')
    a.receive('B', { type: 'TimeoutNow', term: 1 })
    expect(a.state).toMatchObject({ currentTerm: 2, role: { role: 'candidate' } })
  })
})

test('a cluster hands over within a round trip, and the old leader follows', () => {
  const cluster = new Cluster({ size: 5, consensus })
  const old = cluster.elect('A')
  cluster.run(heartbeatMs)
  cluster.propose('A', 'x')
  old.step({ type: 'TransferLeadership', to: 'D' })
  cluster.settle()
  expect(cluster.leader?.id).toBe('D')
  expect(old.state).toMatchObject({ currentTerm: 2, role: { role: 'follower', leaderId: 'D' } })
  expect(cluster.log('D')).toContain('x')
})
