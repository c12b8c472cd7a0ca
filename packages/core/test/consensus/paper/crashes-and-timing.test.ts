// Raft §5.5: follower and candidate crashes; §5.6: timing and availability.
import { expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

test('"If a follower or candidate crashes, then future RequestVote and AppendEntries RPCs sent to it will fail. Raft handles these failures by retrying indefinitely"', () => {
  const cluster = new Cluster({ size: 3 })
  cluster.elect('A')
  cluster.server('B').crash()
  for (let i = 0; i < 30; i++) cluster.propose('A', `c${i}`)
  cluster.run(20 * OPTIONS.heartbeatMs)
  expect(cluster.server('A').state.commitIndex).toBe(31)
  cluster.start('B')
  cluster.run(3 * OPTIONS.heartbeatMs)
  expect(cluster.log('B')).toEqual(cluster.log('A'))
  expect(cluster.server('B').state.lastApplied).toBe(31)
})

test('"If a server crashes after completing an RPC but before responding, then it will receive the same RPC again after it restarts. Raft RPCs are idempotent"', () => {
  const a = new Solo()
  a.append('B', { term: 1, terms: [1, 1] })
  a.crash(1)
  a.append('B', { term: 1, terms: [1, 1] })
  expect(a.server.disk.inFlight).toEqual([])
  expect(a.sent).toEqual([])
  expect(a.append('B', { term: 1, terms: [1, 1] })).toMatchObject([{ success: true, matchIndex: 2 }])
})

test('what survives a crash is the term, the vote and the log; the commit index is learned again', () => {
  const a = new Solo()
  a.append('B', { term: 2, terms: [1, 2], leaderCommit: 2 })
  a.persist()
  a.crash()
  expect(a.state).toMatchObject({ currentTerm: 2, votedFor: undefined, commitIndex: 0, lastApplied: 0 })
  expect(a.state.log.runs).toEqual([
    { firstIndex: 1, lastIndex: 1, term: 1 },
    { firstIndex: 2, lastIndex: 2, term: 2 },
  ])
  expect(a.state.role).toEqual({ role: 'follower', leaderId: undefined })
})

test('the whole cluster at once: what was committed is there again', () => {
  const cluster = new Cluster({ size: 3 })
  cluster.elect('A')
  cluster.propose('A', 'x', 'y')
  cluster.settle()
  for (const server of cluster.servers.values()) server.crash()
  for (const id of cluster.servers.keys()) cluster.start(id)
  const leader = cluster.elect()
  cluster.run(OPTIONS.heartbeatMs)
  expect(leader.entries.slice(0, 3).map(({ command }) => command)).toEqual(['noop1', 'x', 'y'])
  expect(leader.state.commitIndex).toBe(4)
})

test('"safety must not depend on timing": a clock that stands still or races ahead elects nobody wrongly', () => {
  const clocks = [
    { rate: 1, offset: 0 },
    { rate: 20, offset: 1e6 },
    { rate: 0.01, offset: 0 },
  ]
  const cluster = new Cluster({ size: 3, clocks })
  cluster.run(10_000)
  expect(cluster.history.leaders.size).toBeGreaterThan(0)
})

test('"Raft will be able to elect and maintain a steady leader as long as the system satisfies the following timing requirement: broadcastTime ≪ electionTimeout ≪ MTBF"', () => {
  const cluster = new Cluster({ size: 5 })
  const leader = cluster.elect()
  for (let i = 0; i < 100; i++) {
    cluster.propose(leader.id, `c${i}`)
    cluster.run(37)
  }
  expect(cluster.leader).toBe(leader)
  expect(cluster.history.leaders.size).toBe(1)
  expect(leader.state.commitIndex).toBe(101)
})

test('an input that arrives between two wake-ups never loses one: each asked-for time is the next deadline or earlier', () => {
  const a = new Solo()
  for (let i = 0; i < 20; i++) {
    a.server.now += 10
    a.append('B', { term: 1 })
    expect(a.server.wakeAt).toBeLessThanOrEqual(
      a.state.electionTimer.startedAt + a.state.electionTimer.timeoutMs,
    )
  }
  a.elapse()
  expect(a.state.role.role).toBe('follower')
  a.elapse()
  expect(a.state.role.role).toBe('candidate')
})

test('a leader asks to be woken for its heartbeat, though its election timer was asked for later', () => {
  const a = new Solo().lead()
  expect(a.server.wakeAt).toBe(a.server.now + OPTIONS.heartbeatMs)
})

test('a heartbeat costs no timer: the wake-up that is asked for already stands', () => {
  const a = new Solo()
  a.append('B', { term: 1 })
  a.effects = []
  for (let i = 0; i < 5; i++) {
    a.server.now += 10
    a.append('B', { term: 1 })
  }
  expect(a.effects.filter(({ type }) => type === 'WakeAt')).toEqual([])
})

test('a step costs the same for one entry or a million: events and effects are per batch', () => {
  const one = new Solo().lead()
  one.server.step({ type: 'OfferEntries', to: 'B', entries: [], bytes: 0 })
  const sizes = [1, 1000].map((count) => {
    const a = new Solo().lead()
    const { events, effects } = a.server.propose(...Array.from({ length: count }, (_, i) => `c${i}`))
    return [events.length, effects.length]
  })
  expect(sizes[0]).toEqual(sizes[1])
})
