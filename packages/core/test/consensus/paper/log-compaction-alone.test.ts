// Thesis chapter 5, Raft §7: each server compacts its log by itself, and nobody has to wait for that.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import type { Server } from '../../harness/server.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

function compact({ snapshots, state }: Server, through: number = state.lastApplied): void {
  snapshots.take()
  snapshots.save()
  snapshots.compact(through)
}

function led(): Cluster {
  const cluster = new Cluster({ size: 3, consensus })
  cluster.elect('A')
  cluster.propose('A', 'a', 'b', 'c')
  cluster.run(heartbeatMs)
  return cluster
}

const snapshotsSent = (cluster: Cluster): number => cluster.happened.get('SnapshotSendStarted') ?? 0

test('"each server compacts the committed prefix of its log independently" (thesis chapter 5)', () => {
  const cluster = led()
  const [a, b, c] = ['A', 'B', 'C'].map((id) => cluster.server(id)) as [Server, Server, Server]
  compact(b)
  compact(c, 2)
  expect([a, b, c].map(({ state }) => state.log.baseIndex)).toEqual([0, 4, 2])
  cluster.propose('A', 'd')
  cluster.run(heartbeatMs)
  // Whoever leads goes on with whatever log the others have.
  const next = cluster.server('B')
  a.step({ type: 'TransferLeadership', to: 'B' })
  cluster.run(heartbeatMs)
  expect(next.state.role.role).toBe('leader')
  cluster.propose('B', 'e')
  cluster.run(heartbeatMs)
  for (const id of 'ABC') expect(cluster.log(id)).toEqual(['noop1', 'a', 'b', 'c', 'd', 'noop2', 'e'])
  expect(snapshotsSent(cluster)).toBe(0)
})

test('"It is not feasible to defer compaction until log entries have been \'fully replicated\' to every member" (thesis chapter 5)', () => {
  const cluster = led()
  const a = cluster.server('A')
  cluster.partition('AB', 'C')
  for (let i = 0; i < 20; i++) {
    cluster.propose('A', `d${i}`)
    cluster.run(10 * electionTimeoutMsMax)
    compact(a)
  }
  expect(a.state.log.baseIndex).toBe(a.state.commitIndex)
  cluster.heal()
  cluster.run(2 * electionTimeoutMsMax)
  expect(cluster.log('C')).toEqual(cluster.log('A'))
  expect(cluster.server('C').state.snapshot.lastIncludedIndex).toBeGreaterThan(4)
})

describe('Ratis PR1567: a crash between the install and its answer', () => {
  /** C lacks what A has discarded, and has installed A's snapshot: its answer is not delivered. */
  function installed(): Cluster {
    const cluster = led()
    cluster.partition('AB', 'C')
    cluster.propose('A', 'd')
    cluster.run(heartbeatMs)
    compact(cluster.server('A'))
    compact(cluster.server('B'))
    cluster.heal()
    const c = cluster.server('C')
    while (c.state.lastApplied < 5) {
      if (cluster.pool.length === 0) {
        cluster.now += heartbeatMs
        cluster.tickDue()
      }
      cluster.deliver(cluster.pool[0]!)
    }
    return cluster
  }

  test('of the follower: it starts behind the snapshot, says so when it is sent again, and entries follow', () => {
    const cluster = installed()
    const c = cluster.server('C')
    cluster.pool = []
    c.crash()
    cluster.start('C')
    expect(c.state).toMatchObject({ commitIndex: 5, lastApplied: 5 })
    const sent = snapshotsSent(cluster)
    cluster.propose('A', 'e')
    cluster.run(2 * heartbeatMs)
    expect(cluster.log('C')).toEqual(cluster.log('A'))
    expect(cluster.log('C').at(-1)).toBe('e')
    // Installed once and for all: neither is there a second one for the same entries, nor does C restore anything again.
    expect(snapshotsSent(cluster)).toBe(sent)
    expect(c.happened('SnapshotInstalled')).toBe(false)
    const { role } = cluster.server('A').state
    expect(role.role === 'leader' && role.followers.get('C')).toMatchObject({
      state: 'replicate',
      matchIndex: 6,
    })
  })

  test('of the leader: the next one starts over by probing, and sends entries, no snapshot', () => {
    const cluster = installed()
    cluster.pool = []
    cluster.server('A').crash()
    const sent = snapshotsSent(cluster)
    const leader = cluster.elect()
    cluster.propose(leader.id, 'e')
    cluster.run(2 * heartbeatMs)
    expect(cluster.log('C')).toEqual(cluster.log('B'))
    expect(cluster.log('C').at(-1)).toBe('e')
    expect(snapshotsSent(cluster)).toBe(sent)
  })
})
