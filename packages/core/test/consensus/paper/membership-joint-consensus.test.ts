// Raft §6: cluster membership changes, the joint phase.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import type { Server } from '../../harness/server.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

/** A leads voters A, B, C; D and E are learners that have everything. */
function cluster(): Cluster {
  const made = new Cluster({ size: 5, voters: 3, consensus })
  made.elect('A')
  made.run(heartbeatMs)
  made.server('A').change('A B C', 'D E')
  made.run(2 * electionTimeoutMsMax)
  return made
}

/** The same as seen by A alone: its log is noop, members (learners D, E), and joint A B C to A D E at index 3. */
function joint(): Solo {
  const a = new Solo({ consensus }).lead()
  a.acknowledge('B', 1)
  a.server.change('A B C', 'D E')
  a.persist()
  for (const id of ['B', 'C', 'D', 'E']) a.acknowledge(id, 2)
  a.wait(electionTimeoutMsMax)
  a.server.step({ type: 'Tick' })
  for (const id of ['B', 'C', 'D', 'E']) a.acknowledge(id, 2)
  a.server.change('A D E', 'B')
  expect(a.server.refusedChanges).toEqual([])
  a.persist()
  a.take()
  return a
}

const members = ({ state }: Server) => state.configuration

describe('the joint configuration', () => {
  test('"it stores the configuration for joint consensus (C_old,new [...]) as a log entry", and when that is committed, C_new', () => {
    const made = cluster()
    made.server('A').change('A D E')
    expect(members(made.server('A'))).toEqual({
      voters: ['A', 'D', 'E'],
      learners: [],
      outgoing: ['A', 'B', 'C'],
    })
    made.run(heartbeatMs)
    for (const id of 'ADE')
      expect(members(made.server(id)), id).toEqual({ voters: ['A', 'D', 'E'], learners: [] })
    expect(made.log('A').filter((command) => command.startsWith('members'))).toEqual([
      'members2',
      'members3',
      'members4',
    ])
  })

  test('"a server always uses the latest configuration in its log, regardless of whether the entry is committed"', () => {
    const made = cluster()
    made.partition('AD', 'BCE')
    made.server('A').change('A D E')
    made.settle()
    for (const id of 'AD') expect(members(made.server(id)).outgoing, id).toEqual(['A', 'B', 'C'])
    expect(made.server('A').state.commitIndex).toBe(2)
  })

  test('"Log entries are replicated to all servers in both configurations"', () => {
    const a = joint()
    a.server.propose('x')
    a.persist()
    const receivers = a.server.state.role.role === 'leader' ? [...a.server.state.role.followers.keys()] : []
    expect(receivers.sort()).toEqual(['B', 'C', 'D', 'E'])
  })

  test.each([
    ['of the old one alone', ['B', 'C'], 2],
    ['of the new one alone', ['D', 'E'], 2],
    ['of each', ['C', 'D'], 3],
  ])('"Agreement [...] requires separate majorities from both": a majority %s', (_, holders, commitIndex) => {
    const a = joint()
    for (const id of holders) a.acknowledge(id, 3)
    expect(a.state.commitIndex).toBe(commitIndex)
  })

  test.each([
    ['of the old one alone', ['B', 'C'], 'candidate'],
    ['of the new one alone', ['D', 'E'], 'candidate'],
    ['of each', ['B', 'E'], 'leader'],
  ])('"Agreement (for elections [...])": votes %s', (_, voters, role) => {
    const a = joint()
    a.crash()
    while (a.state.role.role !== 'candidate') {
      a.elapse()
      for (const id of ['B', 'C', 'D', 'E']) a.preVote(id)
    }
    expect(new Set(a.persist().map(({ type }) => type))).toEqual(new Set(['RequestVote']))
    for (const id of voters) a.vote(id)
    expect(a.state.role.role).toBe(role)
  })

  test('a pre-vote needs both majorities as well', () => {
    const a = joint()
    a.crash()
    a.elapse()
    for (const id of ['B', 'C']) a.preVote(id)
    expect(a.state.role.role).toBe('pre-candidate')
    a.preVote('D')
    expect(a.state.role.role).toBe('candidate')
  })

  test('so do check-quorum, leases and reads: half a cluster keeps nobody in office', () => {
    const a = joint()
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    const { round } = a.state.role as { round: number }
    for (const id of ['D', 'E']) a.acknowledge(id, 2, round)
    expect(a.server.answered.size).toBe(0)
    a.acknowledge('B', 2, round)
    expect(a.server.answered.get(1)).toBe(2)
    for (let ms = 0; ms <= electionTimeoutMsMax; ms += heartbeatMs) {
      a.elapse()
      for (const id of ['D', 'E']) a.acknowledge(id, 2)
    }
    a.elapse()
    expect(a.events).toContainEqual({ type: 'BecameFollower', term: 1, reason: 'quorum-lost' })
  })

  test('"Any server from either configuration may serve as leader": one that is on its way out, too', () => {
    const made = cluster()
    made.partition('ABC', 'DE')
    made.server('A').change('A D E', 'B')
    made.settle()
    made.server('A').crash()
    made.heal()
    made.campaign('C')
    made.settle()
    expect(made.server('C').happened('BecameLeader')).toBe(true)
    made.run(2 * electionTimeoutMsMax)
    const leader = made.elect()
    expect(leader.state.configuration).toEqual({ voters: ['A', 'D', 'E'], learners: ['B'] })
  })
})

describe('a leader that fails in the joint phase', () => {
  test('"C_old,new" reached nobody who leads next: the old configuration goes on, and the entry is taken back', () => {
    const made = cluster()
    made.partition('A', 'BCDE')
    made.server('A').change('A D E')
    made.settle()
    expect(members(made.server('A')).outgoing).toBeDefined()
    made.run(3 * electionTimeoutMsMax)
    const leader = made.elect()
    made.propose(leader.id, 'x')
    made.heal()
    made.run(2 * electionTimeoutMsMax)
    for (const { id, state } of made.servers.values())
      expect(state.configuration, id).toEqual({ voters: ['A', 'B', 'C'], learners: ['D', 'E'] })
    expect(made.happened.get('LogTruncated')).toBeGreaterThan(0)
  })

  test('etcd#12136: it dies right after C_old,new is committed; its successor, which may not know that, appends C_new', () => {
    const made = cluster()
    const a = made.server('A')
    a.change('B C D', '')
    while (a.state.commitIndex < 3) made.deliver(made.pool[0]!)
    a.crash()
    made.pool = []
    made.run(3 * electionTimeoutMsMax)
    const leader = made.elect()
    made.run(heartbeatMs)
    expect(leader.state.configuration).toEqual({ voters: ['B', 'C', 'D'], learners: [] })
    expect(leader.state.commitIndex).toBe(leader.state.log.lastIndex)
  })

  test('changes of learners and addresses move no majority: one entry', () => {
    const made = cluster()
    made.server('A').change('A B C', 'D')
    made.settle()
    expect(members(made.server('A'))).toEqual({ voters: ['A', 'B', 'C'], learners: ['D'] })
    made.server('A').change('A B C', 'D')
    made.settle()
    expect(made.log('A').filter((command) => command.startsWith('members')).length).toBe(3)
  })

  test('braft#182: no change before this leader committed in its term, lest an earlier one is committed behind its back', () => {
    const made = cluster()
    made.partition('BDE', 'AC')
    made.run(2 * electionTimeoutMsMax)
    made.partition('B', 'ACDE')
    made.campaign('C')
    for (let i = 0; i < 60 && made.server('C').state.role.role !== 'leader'; i++) made.run(20)
    const fresh = new Solo({ log: [1, 1], consensus }).lead()
    fresh.server.change('A B')
    expect(fresh.server.refusedChanges).toEqual(['not-yet-committed'])
    fresh.acknowledge('B', 3)
    fresh.acknowledge('C', 3)
    fresh.server.change('A B')
    expect(fresh.server.refusedChanges).toEqual(['not-yet-committed'])
    expect(fresh.state.configuration.outgoing).toEqual(['A', 'B', 'C'])
  })
})
