// Raft §5.3: log replication, what the leader appends and when it commits.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { Solo } from '../../harness/solo.js'

test('"The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to each of the other servers"', () => {
  const a = new Solo().lead()
  a.acknowledge('B', 1)
  a.acknowledge('C', 1)
  a.server.propose('x')
  const entries = [{ firstIndex: 2, lastIndex: 2, term: 1 }]
  const message = {
    type: 'AppendEntries',
    term: 1,
    prevLogIndex: 1,
    prevLogTerm: 1,
    entries,
    leaderCommit: 1,
    round: 1,
  }
  // Its own disk has not even begun.
  expect(a.sent).toEqual([
    { to: 'B', message },
    { to: 'C', message },
  ])
})

test('only a leader appends: everybody else refuses, certainly', () => {
  const a = new Solo()
  a.server.propose('x', 'y')
  expect(a.effects.at(-1)).toEqual({ type: 'RefuseProposals', count: 2 })
  expect(a.server.refusedProposals).toEqual(['x', 'y'])
  expect(a.state.log.lastIndex).toBe(0)
})

test('"Raft handles this by having each leader commit a blank no-op entry into the log at the start of its term" (§8)', () => {
  const a = new Solo({ log: [1, 1] })
  a.elapse()
  a.persist()
  a.vote('C')
  expect(a.effects).toContainEqual({
    type: 'EncodeBlock',
    content: 'noop',
    firstIndex: 3,
    lastIndex: 3,
    term: 2,
  })
  expect(a.server.entries.at(-1)).toEqual({ index: 3, term: 2, command: 'noop2' })
})

describe('committing', () => {
  test('"A log entry is committed once the leader that created the entry has replicated it on a majority of the servers"', () => {
    const a = new Solo({ voters: ['A', 'B', 'C', 'D', 'E'] }).lead()
    a.acknowledge('B', 1)
    expect(a.state.commitIndex).toBe(0)
    a.acknowledge('C', 1)
    expect(a.state.commitIndex).toBe(1)
    expect(a.effects).toContainEqual({ type: 'Apply', commitIndex: 1 })
  })

  test('the same answer twice is one server', () => {
    const a = new Solo({ voters: ['A', 'B', 'C', 'D', 'E'] }).lead()
    a.acknowledge('B', 1)
    a.acknowledge('B', 1)
    expect(a.state.commitIndex).toBe(0)
  })

  test('"it includes that index in future AppendEntries RPCs (including heartbeats) so that the other servers eventually find out"', () => {
    const a = new Solo().lead()
    a.acknowledge('C', 1)
    a.take()
    a.acknowledge('B', 1)
    expect(a.follower('B').commitIndexSent).toBe(1)
    a.take()
    a.elapse()
    expect(a.take()).toMatchObject([{ leaderCommit: 1 }, { leaderCommit: 1 }])
  })

  test('a follower that has all entries is told the commit index at once, not at the next heartbeat', () => {
    const cluster = new Cluster({ size: 3 })
    cluster.elect('A')
    cluster.propose('A', 'x')
    cluster.settle()
    expect([...cluster.servers.values()].map(({ state }) => state.commitIndex)).toEqual([2, 2, 2])
  })

  test('acknowledgements that arrive in the wrong order do not take matchIndex back', () => {
    const a = new Solo().lead()
    a.acknowledge('B', 1)
    a.server.propose('x')
    a.server.propose('y')
    a.acknowledge('B', 3)
    a.acknowledge('B', 2)
    expect(a.follower('B')).toMatchObject({ matchIndex: 3, nextIndex: 4, inFlight: [] })
  })

  test('an old acknowledgement that arrives while probing does not take matchIndex back either', () => {
    const a = new Solo().lead()
    a.acknowledge('B', 1)
    a.server.propose('x')
    a.acknowledge('B', 2)
    a.server.step({ type: 'PeerConnected', peer: 'B' })
    a.acknowledge('B', 1)
    expect(a.follower('B')).toMatchObject({ state: 'replicate', matchIndex: 2, nextIndex: 3 })
  })

  test('strangers do not count', () => {
    const a = new Solo().lead()
    a.acknowledge('X', 1)
    expect(a.state.commitIndex).toBe(0)
  })
})
