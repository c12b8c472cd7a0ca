// Raft §5.4: safety.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import type { Server } from '../../harness/server.js'
import { Solo } from '../../harness/solo.js'

describe('§5.4.1 "the voter denies its vote if its own log is more up-to-date than that of the candidate"', () => {
  test.each([
    ['the same log', 3, 2, true],
    ['a longer log of the same last term', 4, 2, true],
    ['a shorter log of the same last term', 2, 2, false],
    ['a later last term in a shorter log', 1, 3, true],
    ['an earlier last term in a longer log', 9, 1, false],
    ['an empty log', 0, 0, false],
  ])('%s', (_, lastLogIndex, lastLogTerm, voteGranted) => {
    const a = new Solo({ log: [1, 2, 2] })
    a.requestVote('B', 4, lastLogIndex, lastLogTerm)
    const replies = [...a.persist(), ...a.take()]
    expect(a.state.votedFor).toBe(voteGranted ? 'B' : undefined)
    if (voteGranted) expect(replies).toEqual([{ type: 'RequestVoteReply', term: 4, voteGranted }])
  })

  test('a refusal adopts the term, so that the refused candidate does not have to be heard again', () => {
    const a = new Solo({ log: [1, 2, 2] })
    expect(a.requestVote('B', 9)).toEqual([{ type: 'RequestVoteReply', term: 9, voteGranted: false }])
    expect(a.state).toMatchObject({ currentTerm: 9, votedFor: undefined })
  })

  test('entries that are not yet durable count too: a vote for a log without them could lose them', () => {
    const a = new Solo()
    a.append('B', { term: 1, terms: [1, 1] })
    expect(a.requestVote('C', 2, 1, 1)).toMatchObject([{ voteGranted: false }])
  })
})

describe('§5.4.2 "Raft never commits log entries from previous terms by counting replicas"', () => {
  test("an old entry on a majority waits for one of the leader's own term", () => {
    const a = new Solo({ log: [1, 2] })
    a.elapse()
    a.persist()
    a.vote('B')
    a.acknowledge('B', 2)
    a.acknowledge('C', 2)
    a.persist()
    expect(a.state.commitIndex).toBe(0)
    a.acknowledge('B', 3)
    // §5.3: "This also commits all preceding entries in the leader's log, including entries created by previous leaders."
    expect(a.state.commitIndex).toBe(3)
  })

  test('Figure 8: an entry of term 2 on a majority is overwritten, and nobody had committed it', () => {
    const cluster = new Cluster({ size: 5 })
    // (a) A leads term 1 and replicates index 1 to all, then index 2 to B only.
    cluster.elect('A')
    cluster.run(OPTIONS.heartbeatMs)
    cluster.partition('AB', 'CDE')
    cluster.propose('A', 'two')
    cluster.settle()
    const lead = (server: Server): void => {
      while (server.state.role.role !== 'leader') {
        cluster.campaign(server.id)
        while (server.state.role.role === 'candidate' && cluster.pool.length > 0)
          cluster.deliver(cluster.pool[0]!)
      }
    }
    // (b) A crashes; E is elected by C and D and writes another index 2, for itself alone.
    const [A, B, C, E] = ['A', 'B', 'C', 'E'].map((id) => cluster.server(id)) as [
      Server,
      Server,
      Server,
      Server,
    ]
    A.crash()
    B.crash()
    lead(E)
    E.crash()
    cluster.pool = []
    // (c) A restarts, is elected by B and C and puts its old index 2 on C as well: a majority has it.
    cluster.start('A')
    cluster.start('B')
    cluster.partition('ABC')
    A.automatic.offers = false
    lead(A)
    cluster.settle()
    A.step({ type: 'OfferEntries', to: 'C', entries: [{ firstIndex: 2, lastIndex: 2, term: 1 }], bytes: 100 })
    cluster.settle()
    for (const { disk } of [A, B, C]) expect(disk.entries[1]!.command).toBe('two')
    expect(A.state.commitIndex).toBe(0)
    // (d) A crashes; E comes back, its later term makes its log more up-to-date, and it overwrites index 2 everywhere.
    A.crash()
    cluster.start('E')
    cluster.heal()
    lead(E)
    cluster.start('A')
    A.automatic.offers = true
    cluster.run(4 * OPTIONS.heartbeatMs)
    expect(cluster.log('C')).not.toContain('two')
    expect(cluster.log('C')).toEqual(cluster.log('E'))
  })
})

describe('§5.3 "A leader never overwrites or deletes entries in its own log"', () => {
  test('uncommitted entries of earlier terms stay and are replicated', () => {
    const a = new Solo({ log: [1, 2] }).lead()
    expect(a.server.entries.map(({ term }) => term)).toEqual([1, 2, 3])
    expect(a.events.map(({ type }) => type)).not.toContain('LogTruncated')
  })

  test('a message of its own term from another leader would contradict Election Safety: it stops', () => {
    const a = new Solo().lead()
    expect(() => a.append('B', { term: 1, terms: [1] })).toThrow('at most one leader is elected in a term')
  })
})

test('a leader that was deposed without knowing it commits nothing any more', () => {
  const cluster = new Cluster({ size: 5 })
  const old = cluster.elect('A')
  cluster.run(OPTIONS.heartbeatMs)
  cluster.partition('AB', 'CDE')
  cluster.run(4 * OPTIONS.electionTimeoutMsMax)
  const { commitIndex } = old.state
  cluster.propose('A', 'lost')
  cluster.run(4 * OPTIONS.electionTimeoutMsMax)
  expect(old.state.role.role).toBe('leader')
  expect(old.state.commitIndex).toBe(commitIndex)
})
