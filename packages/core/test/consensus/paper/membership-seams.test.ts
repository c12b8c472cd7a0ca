// Raft §6 where it meets the rest: reads under way, logs of a deposed leader, and ids that come back.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { refusal, Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

describe('an id that is removed and added again may be another storage', () => {
  /** A leads A, B, C; D, a learner that has everything, was removed and added again before it was forgotten. */
  function again(): Solo {
    const a = new Solo({ consensus }).lead()
    a.acknowledge('B', 1)
    a.server.change('A B C', 'D')
    a.persist()
    for (const id of ['B', 'D']) a.acknowledge(id, 2)
    a.server.change('A B C')
    a.persist()
    for (const id of ['B', 'C', 'D']) a.acknowledge(id, 3)
    expect(a.follower('D')).toMatchObject({ matchIndex: 3 })
    a.server.change('A B C', 'D')
    a.persist()
    a.acknowledge('B', 4)
    return a
  }

  test('nothing that it acknowledged before counts', () => {
    const a = again()
    expect(a.follower('D')).toMatchObject({ matchIndex: 0, ackedRound: 0, contactAt: undefined })
    a.server.change('A B C D')
    expect(a.server.refusedChanges).toEqual(['not-caught-up'])
  })

  test('an empty log is sent everything', () => {
    const a = again()
    a.receive('D', refusal(1, 3, 0, 0))
    expect(a.follower('D').nextIndex).toBe(1)
  })
})

describe('reads', () => {
  test('that wait for a round are answered when their leader is the only voter that is left', () => {
    const a = new Solo({ voters: ['A', 'B'], consensus }).lead()
    a.acknowledge('B', 1)
    a.server.change('A')
    // It has the joint configuration, sooner than the leader's own disk, and is never heard again.
    a.acknowledge('B', 2)
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    a.persist()
    a.persist()
    expect(a.state).toMatchObject({ commitIndex: 3, configuration: { voters: ['A'] } })
    expect(a.server.answered.get(1)).toBe(1)
    a.server.step({ type: 'RequestRead', readId: 2, lease: false })
    expect(a.server.answered.get(2)).toBe(3)
  })
})

describe('a removed leader', () => {
  test('that was deposed with entries of its own behind its removal is told by its successor', () => {
    const cluster = new Cluster({ size: 3, consensus })
    cluster.elect('A')
    cluster.run(heartbeatMs)
    const [a, b] = [cluster.server('A'), cluster.server('B')]
    a.change('B C')
    while (b.state.configuration.voters.length !== 2 || b.state.configuration.outgoing !== undefined)
      cluster.deliver(cluster.pool[0]!)
    cluster.propose('A', 'nobody else has this')
    cluster.pool = []
    a.crash()
    cluster.start('A')
    cluster.elect('B')
    cluster.run(electionTimeoutMsMax)
    expect(cluster.leader!.state.configuration).toEqual({ voters: ['B', 'C'], learners: [] })
    expect(a.removals).toBe(1)
  })
})
