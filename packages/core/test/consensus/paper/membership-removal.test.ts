// Raft §6, thesis §4.2.2, §4.2.3: servers that are removed, the leader among them.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { appendEntries, Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

function led(size = 3): Cluster {
  const cluster = new Cluster({ size, consensus })
  cluster.elect('A')
  cluster.run(heartbeatMs)
  return cluster
}

/** A leads A, B, C and removes itself: C_old,new is committed, C_new (index 3) is on A's disk alone. */
function leavingLeader(): Solo {
  const a = new Solo({ consensus }).lead()
  for (const id of ['B', 'C']) a.acknowledge(id, 1)
  a.server.change('B C')
  a.persist()
  for (const id of ['B', 'C']) a.acknowledge(id, 2)
  a.persist()
  a.take()
  return a
}

describe('the leader is not part of the new configuration', () => {
  test('"it replicates log entries but does not count itself in majorities"', () => {
    const a = leavingLeader()
    expect(a.state).toMatchObject({
      commitIndex: 2,
      configuration: { voters: ['B', 'C'] },
      role: { role: 'leader' },
    })
    a.server.propose('x')
    a.persist()
    a.acknowledge('B', 4)
    expect(a.state.commitIndex).toBe(2)
  })

  test('"the leader steps down (returns to follower state) once it has committed the C_new log entry", and tells that', () => {
    const a = leavingLeader()
    a.acknowledge('B', 3)
    a.events = []
    const sent = a.acknowledge('C', 3)
    expect(a.events).toContainEqual({ type: 'BecameFollower', term: 1, reason: 'removed' })
    expect(sent).toContainEqual(expect.objectContaining({ type: 'AppendEntries', leaderCommit: 3 }))
    expect(sent.at(-1)).toEqual({ type: 'TimeoutNow', term: 1 })
    expect(a.server.removals).toBe(1)
    expect(a.server.wakeAt === Number.POSITIVE_INFINITY || a.state.role.role === 'follower').toBe(true)
  })

  test('hashicorp/raft#483: the cluster goes on without waiting for an election timeout', () => {
    const cluster = led()
    cluster.server('A').change('B C')
    cluster.settle()
    expect(cluster.server('A').state.role.role).toBe('follower')
    expect(cluster.leader?.state.currentTerm).toBe(2)
    cluster.propose(cluster.leader!.id, 'x')
    cluster.run(heartbeatMs)
    expect(cluster.leader!.state.commitIndex).toBe(cluster.leader!.state.log.lastIndex)
    cluster.run(50 * electionTimeoutMsMax)
    expect(cluster.leader?.state.currentTerm).toBe(2)
    expect(cluster.server('A').state).toMatchObject({ currentTerm: 1, role: { role: 'follower' } })
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14])(
    'it dies after %i messages of its removal: the others agree on one configuration, and go on',
    (messages) => {
      const cluster = led(4)
      cluster.server('A').change('B C D')
      for (let i = 0; i < messages && cluster.pool.length > 0; i++) cluster.deliver(cluster.pool[0]!)
      cluster.server('A').crash()
      cluster.run(6 * electionTimeoutMsMax)
      const leader = cluster.elect()
      cluster.propose(leader.id, 'x')
      cluster.run(heartbeatMs)
      const { configuration } = leader.state
      expect([
        ['B', 'C', 'D'],
        ['A', 'B', 'C', 'D'],
      ]).toContainEqual(configuration.voters)
      expect(configuration.outgoing).toBeUndefined()
      for (const id of 'BCD') {
        expect(cluster.server(id).state.configuration, id).toEqual(configuration)
        expect(cluster.log(id).at(-1)).toBe('x')
      }
    },
  )

  test('thesis §4.2.2: until C_new is committed it may be needed: it campaigns, without a vote of its own', () => {
    const cluster = new Cluster({ size: 2, consensus })
    cluster.elect('B')
    cluster.run(heartbeatMs)
    const b = cluster.server('B')
    b.change('A')
    while (b.state.configuration.outgoing !== undefined || b.state.configuration.voters.length > 1)
      cluster.deliver(cluster.pool[0]!)
    // C_new is on B's disk alone, and A has nothing that B could vote for.
    cluster.pool = []
    b.crash()
    b.start()
    cluster.run(4 * electionTimeoutMsMax)
    expect(cluster.elect().id).toBe('A')
    expect(cluster.server('A').state.configuration).toEqual({ voters: ['A'], learners: [] })
    expect(b.removals).toBe(1)
  })

  test('made a learner, it steps down too, and goes on as one', () => {
    const cluster = led()
    cluster.server('A').change('B C', 'A')
    cluster.settle()
    cluster.run(heartbeatMs)
    expect(cluster.server('A')).toMatchObject({ removals: 0 })
    expect(cluster.server('A').state.role).toMatchObject({ role: 'follower', leaderId: cluster.leader!.id })
  })
})

describe('a removed follower', () => {
  test('etcd#11038: hears that its removal is committed, stops, and is sent nothing any more', () => {
    const cluster = led()
    const a = cluster.server('A')
    a.change('A B')
    while (a.state.configuration.voters.length + (a.state.configuration.outgoing?.length ?? 0) > 2)
      cluster.deliver(cluster.pool[0]!)
    cluster.propose('A', 'later')
    cluster.run(heartbeatMs)
    const c = cluster.server('C')
    expect(c.removals).toBe(1)
    expect(c.state.configuration).toEqual({ voters: ['A', 'B'], learners: [] })
    expect(cluster.log('C')).not.toContain('later')
    expect([
      ...(cluster.server('A').state.role as { followers: Map<string, unknown> }).followers.keys(),
    ]).toEqual(['B'])
    cluster.run(20 * electionTimeoutMsMax)
    expect(cluster.leader?.state.currentTerm).toBe(1)
    expect(c.wakeAt).toBe(Number.POSITIVE_INFINITY)
  })

  test('"removed servers (those not in C_new) can disrupt the cluster": one that could not be told disturbs nobody', () => {
    const cluster = led(4)
    cluster.partition('ABC', 'D')
    cluster.server('A').change('A B C')
    cluster.run(4 * electionTimeoutMsMax)
    expect(cluster.leader!.state.configuration).toEqual({ voters: ['A', 'B', 'C'], learners: [] })
    cluster.heal()
    cluster.run(50 * electionTimeoutMsMax)
    expect(cluster.server('D').happened('BecamePreCandidate')).toBe(true)
    expect(cluster.leader).toMatchObject({ id: 'A', state: { currentTerm: 1 } })
    expect(cluster.server('D').state.currentTerm).toBe(1)
  })

  test('is waited for no longer than an election timeout', () => {
    const cluster = led(4)
    cluster.partition('ABC', 'D')
    cluster.server('A').change('A B C')
    cluster.run(heartbeatMs)
    const { followers } = cluster.server('A').state.role as { followers: Map<string, unknown> }
    expect([...followers.keys()]).toEqual(['B', 'C', 'D'])
    cluster.run(electionTimeoutMsMax + heartbeatMs)
    expect([...followers.keys()]).toEqual(['B', 'C'])
  })

  test('is told by the next leader, when the one that removed it is gone before that', () => {
    const cluster = led(4)
    cluster.partition('ABC', 'D')
    const a = cluster.server('A')
    a.change('A B C')
    while (a.state.configuration.outgoing !== undefined) cluster.deliver(cluster.pool[0]!)
    cluster.settle()
    for (const id of 'BC') cluster.server(id).automatic.apply = false
    a.crash()
    cluster.heal()
    cluster.run(4 * electionTimeoutMsMax)
    expect(
      cluster.server('D').removals + Number(cluster.server('D').state.configuration.voters.length === 4),
    ).toBe(1)
  })

  test('that was a learner goes when the entry that says so is committed, though C_new may never be', () => {
    const cluster = new Cluster({ size: 4, voters: 3, consensus })
    const [a, d] = [cluster.server('A'), cluster.server('D')]
    cluster.elect('A')
    a.change('A B C', 'D')
    cluster.run(heartbeatMs)
    a.change('A B')
    while (a.state.configuration.outgoing !== undefined) cluster.deliver(cluster.pool[0]!)
    const { index } = a.state.configurations.at(-1)!
    cluster.partition('AD', 'BC')
    cluster.run(heartbeatMs)
    expect(a.state).toMatchObject({ role: { role: 'leader' }, commitIndex: index - 1 })
    expect(d.removals).toBe(1)
    const { followers } = a.state.role as { followers: Map<string, unknown> }
    expect([...followers.keys()]).toEqual(['B', 'C'])
  })

  test('that is still learning who is in the cluster does not take an old configuration for its removal', () => {
    const d = new Solo({ voters: [], consensus })
    const configuration = { voters: ['B', 'C'] }
    const entries = [{ index: 1, term: 1, command: '', configuration }]
    const message = {
      ...appendEntries({ term: 1, leaderCommit: 1 }),
      entries: [{ firstIndex: 1, lastIndex: 1, term: 1, configuration }],
    }
    d.receive('B', message, entries)
    expect(d.state).toMatchObject({ commitIndex: 1, configuration })
    expect(d.server.removals).toBe(0)
  })

  test('removed and added again while old messages still fly, it is a follower like any other', () => {
    const cluster = led()
    const old = [...cluster.pool]
    cluster.propose('A', 'x')
    const late = [...cluster.pool]
    cluster.settle()
    cluster.server('A').change('A B')
    cluster.run(heartbeatMs)
    cluster.propose('A', 'y')
    cluster.run(heartbeatMs)
    cluster.server('A').change('A B', 'C')
    cluster.pool.push(...old, ...late)
    cluster.settle()
    cluster.run(2 * electionTimeoutMsMax)
    cluster.server('A').change('A B C')
    cluster.run(heartbeatMs)
    expect(cluster.server('A').state.configuration).toEqual({ voters: ['A', 'B', 'C'], learners: [] })
    expect(cluster.log('C')).toEqual(cluster.log('A'))
    expect(cluster.server('A').refusedChanges).toEqual([])
  })
})
