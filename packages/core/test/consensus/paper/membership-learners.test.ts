// Raft §6, thesis §4.2.1: new servers "join the cluster as non-voting members".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const consensus = { steadyLeader: true }
const { heartbeatMs, electionTimeoutMsMax } = OPTIONS

/** A leads A, B, C; D is a learner that has answered nothing yet. Log: noop, members. */
function withLearner(): Solo {
  const a = new Solo({ consensus }).lead()
  a.acknowledge('B', 1)
  a.server.change('A B C', 'D')
  a.persist()
  a.acknowledge('B', 2)
  a.take()
  return a
}

describe('a learner', () => {
  test('"the leader replicates log entries to them, but they are not considered for majorities"', () => {
    const a = withLearner()
    a.server.propose('x')
    a.persist()
    a.acknowledge('D', 3)
    expect(a.state.commitIndex).toBe(2)
    expect(a.follower('D').matchIndex).toBe(3)
    a.acknowledge('C', 3)
    expect(a.state.commitIndex).toBe(3)
  })

  test('catches up from nothing, and never campaigns', () => {
    const cluster = new Cluster({ size: 4, voters: 3, consensus })
    cluster.elect('A')
    cluster.propose('A', ...Array.from({ length: 60 }, (_, i) => `c${i}`))
    cluster.run(heartbeatMs)
    cluster.server('A').change('A B C', 'D')
    cluster.run(2 * electionTimeoutMsMax)
    expect(cluster.log('D')).toEqual(cluster.log('A'))
    cluster.partition('ABC', 'D')
    cluster.run(20 * electionTimeoutMsMax)
    expect(cluster.server('D').state).toMatchObject({ currentTerm: 1, role: { role: 'follower' } })
    expect(cluster.server('D').wakeAt).toBe(Number.POSITIVE_INFINITY)
  })

  test('thesis §4.2.1: asked for its vote it answers: it may be a voter in a configuration that it does not know yet', () => {
    const d = new Solo({ voters: ['B', 'C'], consensus: {} })
    d.requestVote('B', 3)
    expect(d.persist()).toEqual([{ type: 'RequestVoteReply', term: 3, voteGranted: true }])
    expect(d.receive('B', { type: 'PreVote', term: 3, lastLogIndex: 0, lastLogTerm: 0 })).toMatchObject([
      { type: 'PreVoteReply', voteGranted: true },
    ])
  })

  test('its vote, pre-vote and round do not count', () => {
    const a = withLearner()
    a.server.step({ type: 'RequestRead', readId: 1, lease: false })
    a.acknowledge('D', 2, (a.state.role as { round: number }).round)
    expect(a.server.answered.size).toBe(0)
    a.crash()
    a.elapse()
    a.preVote('D')
    expect(a.state.role.role).toBe('pre-candidate')
    a.preVote('B')
    a.persist()
    a.vote('D')
    expect(a.state.role.role).toBe('candidate')
  })

  test('TimeoutNow makes no leader of it, and nobody hands over to it', () => {
    const a = withLearner()
    a.acknowledge('D', 2)
    a.server.step({ type: 'TransferLeadership', to: 'D' })
    expect(a.effects).toContainEqual({ type: 'TransferFailed', reason: 'no-successor' })
    const d = new Solo({ voters: ['B', 'C'] })
    d.append('B', { term: 1 })
    d.receive('B', { type: 'TimeoutNow', term: 1 })
    expect(d.state.role.role).toBe('follower')
  })

  test('a server follows a leader that it has never heard of (thesis §4.2.2)', () => {
    const a = new Solo({ consensus })
    expect(a.append('Z', { term: 4, terms: [4], leaderCommit: 1 })).toEqual([])
    expect(a.persist()).toMatchObject([{ type: 'AppendEntriesReply', success: true, matchIndex: 1 }])
    expect(a.state).toMatchObject({ currentTerm: 4, commitIndex: 1, role: { leaderId: 'Z' } })
  })
})

describe('promotion', () => {
  test('waits until the learner is caught up: it has what the leader had an election timeout ago', () => {
    const a = withLearner()
    const tryIt = (): string | undefined => {
      const refused = a.server.refusedChanges.length
      a.server.change('A B C D')
      return a.server.refusedChanges[refused]
    }
    expect(tryIt()).toBe('not-caught-up')
    a.server.propose(...Array.from({ length: 10 }, (_, i) => `c${i}`))
    a.persist()
    a.acknowledge('B', 12)
    a.acknowledge('D', 5)
    for (let ms = 0; ms <= electionTimeoutMsMax; ms += heartbeatMs) {
      a.elapse()
      a.acknowledge('B', 12)
      a.acknowledge('C', 12)
      a.acknowledge('D', 5)
    }
    a.server.propose('y')
    expect(tryIt()).toBe('not-caught-up')
    // What came within the last election timeout may be missing.
    a.acknowledge('D', 12)
    expect(tryIt()).toBeUndefined()
    expect(a.state.configuration).toEqual({
      voters: ['A', 'B', 'C', 'D'],
      learners: [],
      outgoing: ['A', 'B', 'C'],
    })
  })

  test('waits until the learner knows a configuration: its vote may be needed, and who knows nobody votes for nobody', () => {
    const a = withLearner()
    // All that the leader had an election timeout ago, and still not the entry that makes it a learner.
    a.acknowledge('D', 1)
    a.server.change('A B C D')
    expect(a.server.refusedChanges).toEqual(['not-caught-up'])
    a.acknowledge('D', 2)
    a.server.change('A B C D')
    expect(a.state.configuration.voters).toEqual(['A', 'B', 'C', 'D'])
  })

  test('a learner that was heard long ago is not caught up, however much it has', () => {
    const a = withLearner()
    a.acknowledge('D', 2)
    for (let ms = 0; ms <= electionTimeoutMsMax; ms += heartbeatMs) {
      a.elapse()
      a.acknowledge('B', 2)
    }
    a.server.change('A B C D')
    expect(a.server.refusedChanges).toEqual(['not-caught-up'])
  })

  test('who is no learner is not made a voter', () => {
    const a = withLearner()
    a.server.change('A B C Q', 'D')
    expect(a.server.refusedChanges).toEqual(['unknown-learner'])
  })

  test('a new leader asks for all it had when it was elected', () => {
    const a = withLearner()
    a.crash()
    a.lead()
    a.acknowledge('B', 3)
    a.acknowledge('D', 2)
    a.server.change('A B C D')
    a.acknowledge('D', 3)
    a.server.change('A B C D')
    expect(a.server.refusedChanges).toEqual(['not-caught-up'])
    expect(a.state.configuration.outgoing).toBeDefined()
  })
})
