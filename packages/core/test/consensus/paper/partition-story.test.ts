// A story of five servers: the old leader is cut off with one follower, and the other three go on.
import { expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'

test('A and B are cut off, C to E go on; after healing A steps down, the uncommitted entry is gone and all logs are equal', () => {
  const cluster = new Cluster({ size: 5 })
  const a = cluster.elect('A')
  cluster.propose('A', 'before')
  cluster.run(OPTIONS.heartbeatMs)
  expect(a.state.commitIndex).toBe(2)

  cluster.partition('AB', 'CDE')
  cluster.propose('A', 'uncommitted')
  cluster.run(OPTIONS.heartbeatMs)
  expect(cluster.log('B')).toContain('uncommitted')
  expect(a.state.commitIndex).toBe(2)

  cluster.run(5 * OPTIONS.electionTimeoutMsMax)
  const c = cluster.leader!
  expect('CDE').toContain(c.id)
  cluster.propose(c.id, 'decided')
  cluster.run(OPTIONS.heartbeatMs)
  expect(c.state.commitIndex).toBe(c.entries.length)
  // Both believe to lead, in different terms; only one of them gets anything done.
  expect(a.state).toMatchObject({ role: { role: 'leader' }, commitIndex: 2 })

  cluster.heal()
  cluster.run(2 * OPTIONS.heartbeatMs)
  expect(a.state).toMatchObject({
    currentTerm: c.state.currentTerm,
    role: { role: 'follower', leaderId: c.id },
  })
  for (const log of Object.values(cluster.logs)) {
    expect(log).toEqual(cluster.log(c.id))
    expect(log).not.toContain('uncommitted')
    expect(log).toContain('decided')
  }
  for (const { state } of cluster.servers.values()) expect(state.lastApplied).toBe(c.entries.length)
})

test('the cut-off side has no leader: the old leader in the majority goes on, and the others come back without an entry lost', () => {
  const cluster = new Cluster({ size: 5 })
  cluster.elect('A')
  cluster.partition('ABC', 'DE')
  cluster.propose('A', 'x')
  cluster.run(5 * OPTIONS.electionTimeoutMsMax)
  expect(cluster.server('A').state.commitIndex).toBe(2)
  cluster.heal()
  cluster.run(20 * OPTIONS.electionTimeoutMsMax)
  const leader = cluster.elect()
  for (const log of Object.values(cluster.logs)) {
    expect(log).toContain('x')
    expect(log).toEqual(cluster.log(leader.id))
  }
})
