// Thesis §6.4: "Processing read-only queries more efficiently".
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo, success } from '../../harness/solo.js'

const reader = (options = {}): Solo => {
  const a = new Solo(options).lead()
  a.acknowledge('B', 1)
  a.take()
  return a
}

const ask = (a: Solo, readId: number): void =>
  void a.server.step({ type: 'RequestRead', readId, lease: false })

describe('the leader', () => {
  test('"If the leader has not yet marked an entry from its current term committed, it waits until it has done so"', () => {
    const a = new Solo({ log: [1, 1] }).lead()
    ask(a, 1)
    a.receive('B', success(2, 2, 99))
    a.receive('C', success(2, 2, 99))
    expect(a.server.answered.size).toBe(0)
    expect(a.server.refusedReads).toEqual([])
    a.acknowledge('B', 3)
    a.receive('B', success(2, 3, 2))
    expect([...a.server.answered]).toEqual([[1, 3]])
  })

  test('"The leader saves its current commit index in a local variable readIndex": what commits later is not waited for', () => {
    const a = reader()
    ask(a, 1)
    a.server.propose('x')
    a.persist()
    a.acknowledge('B', 2)
    expect(a.state.commitIndex).toBe(2)
    a.acknowledge('C', 1, 2)
    expect(a.server.answered.get(1)).toBe(1)
  })

  test('"It issues a new round of heartbeats and waits for their acknowledgments from a majority of the cluster"', () => {
    const a = reader({ voters: ['A', 'B', 'C', 'D', 'E'] })
    a.acknowledge('C', 1)
    a.take()
    ask(a, 1)
    expect(a.take()).toMatchObject(Array(4).fill({ type: 'AppendEntries', entries: [], round: 2 }))
    a.acknowledge('B', 1, 2)
    a.acknowledge('B', 1, 2)
    expect(a.server.answered.size).toBe(0)
    a.acknowledge('D', 0, 2)
    expect(a.server.answered.get(1)).toBe(1)
  })

  test('a refused AppendEntries confirms leadership too: the follower is of this term', () => {
    const a = reader()
    ask(a, 1)
    const reply = { ...success(1, 0, 2), success: false, rejectedIndex: 1 }
    a.receive('C', reply)
    expect(a.server.answered.get(1)).toBe(1)
  })

  test('an acknowledgement of what left before the read began does not count', () => {
    const a = reader()
    a.elapse()
    ask(a, 1)
    a.acknowledge('B', 1, 2)
    a.acknowledge('C', 1, 2)
    expect(a.server.answered.size).toBe(0)
  })

  test('a round is never reused: a read that comes during one waits for the next (etcd#20418)', () => {
    const a = reader()
    ask(a, 1)
    ask(a, 2)
    ask(a, 3)
    a.take()
    a.acknowledge('B', 1, 2)
    expect([...a.server.answered.keys()]).toEqual([1])
    a.acknowledge('C', 1, 2)
    expect([...a.server.answered.keys()]).toEqual([1])
    // "it can use a single round of heartbeats for any number of read-only queries that it has accumulated"
    a.acknowledge('C', 1, 3)
    expect([...a.server.answered.keys()]).toEqual([1, 2, 3])
    expect(a.events.filter(({ type }) => type === 'ReadRoundStarted')).toEqual([
      { type: 'ReadRoundStarted', round: 2 },
      { type: 'ReadRoundStarted', round: 3 },
    ])
  })

  test('a lost round is carried by the next heartbeat', () => {
    const a = reader()
    ask(a, 1)
    a.take()
    a.elapse()
    expect(a.take()).toMatchObject([{ round: 3 }, { round: 3 }])
    a.acknowledge('C', 1, 3)
    expect(a.server.answered.get(1)).toBe(1)
  })

  test('a cluster of one confirms itself, once it has committed in its term', () => {
    const a = new Solo({ voters: ['A'] })
    a.elapse()
    a.server.completeWrites(1)
    ask(a, 1)
    expect(a.server.answered.size).toBe(0)
    a.persist()
    expect(a.server.answered.get(1)).toBe(1)
  })

  test("stepping down refuses all that wait, its own and others', before anything of the new term", () => {
    const a = reader()
    ask(a, 1)
    a.receive('C', { type: 'ReadIndexRequest', term: 1, readId: 77, lease: false })
    const sent = a.receive('B', {
      type: 'RequestVote',
      term: 2,
      lastLogIndex: 0,
      lastLogTerm: 0,
      transfer: false,
    })
    expect(a.server.refusedReads).toEqual([1])
    expect(sent[0]).toEqual({ type: 'ReadIndexReply', term: 1, readId: 77, confirmed: false, readIndex: 0 })
  })

  test('a read of an earlier leadership is not answered by a later one', () => {
    const a = reader()
    ask(a, 1)
    a.receive('B', success(5, 0))
    a.lead()
    a.acknowledge('B', 2, 1)
    a.acknowledge('C', 2, 2)
    expect(a.server.answered.size).toBe(0)
    expect(a.server.refusedReads).toEqual([1])
  })
})

describe('the follower', () => {
  test('"the follower could issue a request to the leader that just asked for a current readIndex"', () => {
    const a = new Solo()
    a.append('B', { term: 1 })
    a.take()
    ask(a, 1)
    expect(a.sent).toEqual([
      { to: 'B', message: { type: 'ReadIndexRequest', term: 1, readId: 1, lease: false } },
    ])
    a.receive('B', { type: 'ReadIndexReply', term: 1, readId: 1, confirmed: true, readIndex: 42 })
    expect(a.server.answered.get(1)).toBe(42)
  })

  test('a refusal is passed on', () => {
    const a = new Solo()
    a.append('B', { term: 1 })
    ask(a, 1)
    a.receive('B', { type: 'ReadIndexReply', term: 1, readId: 1, confirmed: false, readIndex: 0 })
    expect(a.server.refusedReads).toEqual([1])
  })

  test('without a leader it refuses at once, and says so (etcd#7331: never drop in silence)', () => {
    const a = new Solo()
    ask(a, 1)
    a.elapse()
    ask(a, 2)
    expect(a.server.refusedReads).toEqual([1, 2])
  })

  test("a server that does not lead refuses another's request", () => {
    const a = new Solo()
    expect(a.receive('B', { type: 'ReadIndexRequest', term: 0, readId: 5, lease: false })).toEqual([
      { type: 'ReadIndexReply', term: 0, readId: 5, confirmed: false, readIndex: 0 },
    ])
  })
})

describe('a cluster', () => {
  test('a read on any server sees the write that was committed before it began', () => {
    const cluster = new Cluster({ size: 3 })
    cluster.elect('A')
    cluster.propose('A', 'x')
    cluster.settle()
    for (const id of ['A', 'B', 'C']) {
      const readId = cluster.read(id)
      cluster.settle()
      expect(cluster.server(id).answered.get(readId), id).toBe(2)
    }
  })

  test('a leader that is cut off answers no read; once it hears of the new term it refuses them', () => {
    const cluster = new Cluster({ size: 5 })
    const old = cluster.elect('A')
    cluster.run(OPTIONS.heartbeatMs)
    cluster.partition('AB', 'CDE')
    cluster.run(5 * OPTIONS.electionTimeoutMsMax)
    cluster.propose(cluster.leader!.id, 'new')
    const readId = cluster.read('A')
    cluster.run(5 * OPTIONS.electionTimeoutMsMax)
    expect(old.answered.size).toBe(0)
    cluster.heal()
    cluster.run(2 * OPTIONS.heartbeatMs)
    expect(old.answered.size).toBe(0)
    expect(old.refusedReads).toEqual([readId])
  })
})
