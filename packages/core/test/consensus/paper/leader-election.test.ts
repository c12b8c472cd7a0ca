// Raft §5.2: leader election.
import { describe, expect, test } from 'vitest'
import { Cluster } from '../../harness/cluster.js'
import { OPTIONS } from '../../harness/options.js'
import { appendEntries, Solo } from '../../harness/solo.js'

const { electionTimeoutMsMin, electionTimeoutMsMax, heartbeatMs } = OPTIONS

describe('the follower', () => {
  test('"When servers start up, they begin as followers"', () => {
    const a = new Solo({ hardState: { currentTerm: 4, votedFor: 'A' }, log: [1, 4] })
    expect(a.state).toMatchObject({ currentTerm: 4, role: { role: 'follower', leaderId: undefined } })
    expect(a.take()).toEqual([])
  })

  test('"A server remains in follower state as long as it receives valid RPCs from a leader or candidate"', () => {
    const a = new Solo()
    for (let i = 0; i < 50; i++) {
      a.server.now += electionTimeoutMsMin - 1
      a.append('B', { term: 1 })
      a.server.step({ type: 'Tick' })
    }
    expect(a.state).toMatchObject({ currentTerm: 1, role: { role: 'follower', leaderId: 'B' } })
  })

  test('a refused AppendEntries of the leader counts as hearing from it', () => {
    const a = new Solo()
    a.server.now = a.server.wakeAt - 1
    a.append('B', { term: 1, prevLogIndex: 7, prevLogTerm: 1 })
    a.elapse()
    expect(a.state.role.role).toBe('follower')
  })

  test('"If a follower receives no communication over a period of time called the election timeout, then it [...] begins an election"', () => {
    const a = new Solo()
    a.append('B', { term: 1 })
    a.server.now = a.server.wakeAt - 0.01
    a.server.step({ type: 'Tick' })
    expect(a.state.role.role).toBe('follower')
    a.elapse()
    expect(a.state).toMatchObject({ currentTerm: 2, role: { role: 'candidate' } })
  })

  test('a granted vote restarts the timer, a refused one does not', () => {
    const a = new Solo({ log: [1] })
    const { wakeAt } = a.server
    a.server.now = wakeAt - 1
    a.requestVote('B', 2, 0, 0)
    expect(a.state.electionTimer.startedAt).toBe(0)
    a.requestVote('C', 2, 1, 1)
    expect(a.state.electionTimer.startedAt).toBe(wakeAt - 1)
  })

  test('a wake-up may come early or twice: nothing happens before the time', () => {
    const a = new Solo()
    const { wakeAt } = a.server
    for (const now of [0, wakeAt / 2, wakeAt / 2]) {
      a.server.now = now
      a.server.step({ type: 'Tick' })
    }
    expect(a.state.currentTerm).toBe(0)
    expect(a.server.wakeAt).toBe(wakeAt)
  })

  test('a server that is no voter never campaigns', () => {
    const a = new Solo({ voters: ['B', 'C', 'D'] })
    expect(a.server.wakeAt).toBe(Number.POSITIVE_INFINITY)
    a.server.now = 1e6
    a.server.step({ type: 'Tick' })
    expect(a.state.role.role).toBe('follower')
  })
})

describe('the candidate', () => {
  test('"a follower increments its current term and transitions to candidate state. It then votes for itself and issues RequestVote RPCs in parallel to each of the other servers"', () => {
    const a = new Solo({ log: [1, 1, 3] })
    a.elapse()
    expect(a.state).toMatchObject({ currentTerm: 4, votedFor: 'A', role: { role: 'candidate' } })
    a.server.completeWrites()
    const message = { type: 'RequestVote', term: 4, lastLogIndex: 3, lastLogTerm: 3, transfer: false }
    expect(a.sent).toEqual([
      { to: 'B', message },
      { to: 'C', message },
    ])
  })

  test('"A candidate wins an election if it receives votes from a majority of the servers in the full cluster for the same term"', () => {
    const a = new Solo({ voters: ['A', 'B', 'C', 'D', 'E'] })
    a.elapse()
    a.persist()
    a.vote('B')
    a.vote('B')
    a.receive('C', { type: 'RequestVoteReply', term: 1, voteGranted: false })
    expect(a.state.role.role).toBe('candidate')
    a.vote('E')
    expect(a.state.role.role).toBe('leader')
  })

  test('votes of an earlier term and of strangers do not count', () => {
    const a = new Solo()
    a.elapse()
    a.persist()
    a.elapse()
    a.persist()
    a.receive('B', { type: 'RequestVoteReply', term: 1, voteGranted: true })
    a.vote('X')
    expect(a.state).toMatchObject({ currentTerm: 2, role: { role: 'candidate' } })
  })

  test('"It then sends heartbeat messages to all of the other servers to establish its authority"', () => {
    const a = new Solo({ log: [1] })
    a.elapse()
    a.persist()
    expect(a.state.role.role).toBe('candidate')
    const [first, second] = a.vote('B')
    const heartbeat = { type: 'AppendEntries', term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [] }
    expect([first, second]).toMatchObject([heartbeat, heartbeat])
  })

  test('"Leaders send periodic heartbeats (AppendEntries RPCs that carry no log entries) to all followers"', () => {
    const a = new Solo().lead()
    for (let i = 0; i < 3; i++) {
      const { now } = a.server
      a.elapse()
      expect(a.server.now - now).toBe(heartbeatMs)
      expect(a.take()).toMatchObject([
        { type: 'AppendEntries', entries: [] },
        { type: 'AppendEntries', entries: [] },
      ])
    }
  })

  test('"If the leader\'s term [...] is at least as large as the candidate\'s current term, then the candidate recognizes the leader as legitimate and returns to follower state"', () => {
    const a = new Solo()
    a.elapse()
    a.append('B', { term: 1 })
    expect(a.state.role).toEqual({ role: 'follower', leaderId: 'B' })
    // The vote of this term stays where it is: a second one would elect a second leader.
    expect(a.state.votedFor).toBe('A')
    a.persist()
    expect(a.requestVote('C', 1)).toMatchObject([{ voteGranted: false }])
  })

  test('"If the term in the RPC is smaller than the candidate\'s current term, then the candidate rejects the RPC and continues in candidate state"', () => {
    const a = new Solo({ hardState: { currentTerm: 5, votedFor: undefined } })
    a.elapse()
    expect(a.append('B', { term: 5 })).toMatchObject([{ term: 6, success: false }])
    expect(a.state.role.role).toBe('candidate')
  })

  test('"each candidate will time out and start a new election by incrementing its term"', () => {
    const a = new Solo()
    a.elapse()
    a.persist()
    a.elapse()
    expect(a.persist()).toMatchObject([
      { type: 'RequestVote', term: 2 },
      { type: 'RequestVote', term: 2 },
    ])
  })

  test('a vote that arrives after the election was lost elects nobody', () => {
    const a = new Solo()
    a.elapse()
    a.persist()
    a.append('B', { term: 1 })
    a.vote('C')
    expect(a.state.role).toEqual({ role: 'follower', leaderId: 'B' })
  })
})

describe('one vote', () => {
  test('"Each server will vote for at most one candidate in a given term, on a first-come-first-served basis"', () => {
    const a = new Solo()
    a.requestVote('B', 1)
    a.requestVote('C', 1)
    a.requestVote('B', 1)
    expect(a.sent).toEqual([])
    expect(a.state.votedFor).toBe('B')
    expect(a.persist()).toEqual([
      { type: 'RequestVoteReply', term: 1, voteGranted: true },
      { type: 'RequestVoteReply', term: 1, voteGranted: true },
    ])
  })

  test('a restart does not give the vote back', () => {
    const a = new Solo()
    a.requestVote('B', 1)
    a.persist()
    a.crash()
    expect(a.requestVote('C', 1)).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: false }])
    expect(a.requestVote('B', 1)).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: true }])
  })

  test('nor does one in a term that the disk knows already', () => {
    const a = new Solo({ hardState: { currentTerm: 1, votedFor: undefined } })
    expect(a.requestVote('B', 1)).toEqual([])
    a.persist()
    a.crash()
    expect(a.requestVote('C', 1)).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: false }])
  })

  test('a vote whose write a crash lost was never given: another candidate may get it', () => {
    const a = new Solo()
    expect(a.requestVote('B', 1)).toEqual([])
    a.crash()
    a.requestVote('C', 1)
    expect(a.persist()).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: true }])
  })

  test('a candidate that crashes does not campaign in the same term twice, nor vote in it', () => {
    const a = new Solo()
    a.elapse()
    a.persist()
    a.crash()
    expect(a.requestVote('B', 1)).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: false }])
    a.vote('B')
    expect(a.state.role.role).toBe('follower')
    a.elapse()
    expect(a.state.currentTerm).toBe(2)
  })
})

describe('"election timeouts are chosen randomly from a fixed interval (e.g., 150–300ms)"', () => {
  const drawn = (seed: number): number[] => {
    const a = new Solo({ seed })
    const timeouts = []
    for (let i = 0; i < 20; i++) {
      timeouts.push(a.state.electionTimer.timeoutMs)
      a.elapse()
      a.persist()
    }
    return timeouts
  }

  test('within the interval, spread over it, and redrawn for each election', () => {
    const timeouts = [1, 2, 3, 4, 5].flatMap(drawn)
    expect(Math.min(...timeouts)).toBeGreaterThanOrEqual(electionTimeoutMsMin)
    expect(Math.max(...timeouts)).toBeLessThanOrEqual(electionTimeoutMsMax)
    const tenths = new Set(timeouts.map((ms) => Math.floor((ms - electionTimeoutMsMin) / 15)))
    expect(tenths.size).toBe(10)
    expect(new Set(timeouts).size).toBe(timeouts.length)
  })

  test('the seed decides them', () => {
    expect(drawn(7)).toEqual(drawn(7))
    expect(drawn(7)).not.toEqual(drawn(8))
  })
})

describe('a cluster', () => {
  test('elects one leader, whom everybody follows', () => {
    const cluster = new Cluster({ size: 5 })
    const leader = cluster.elect()
    cluster.run(heartbeatMs)
    for (const { id, state } of cluster.servers.values()) {
      if (id !== leader.id) expect(state.role).toEqual({ role: 'follower', leaderId: leader.id })
    }
  })

  test('"if many followers become candidates at the same time, votes could be split": a later election is decided', () => {
    const cluster = new Cluster({ size: 4 })
    cluster.campaign('A')
    cluster.campaign('B')
    // Each gets one more vote: two of four are no majority.
    for (const letter of [...cluster.pool]) {
      if ((letter.from === 'A') === (letter.to === 'C') || letter.to < 'C')
        cluster.pool.splice(cluster.pool.indexOf(letter), 1)
    }
    cluster.settle()
    expect(cluster.history.leaders.size).toBe(0)
    expect([...cluster.history.votes.values()].sort()).toEqual(['A', 'A', 'B', 'B'])
    expect(cluster.elect().state.currentTerm).toBe(2)
  })

  test('no elections on a quiet network', () => {
    const cluster = new Cluster({ size: 5 })
    const { currentTerm } = cluster.elect().state
    cluster.run(100 * electionTimeoutMsMax)
    expect([...cluster.servers.values()].map(({ state }) => state.currentTerm)).toEqual(
      Array(5).fill(currentTerm),
    )
  })
})

test('a stranger whose id this server does not know may lead it: a lagging member must be able to learn of a new leader', () => {
  const a = new Solo()
  expect(a.requestVote('X', 1)).toEqual([])
  expect(a.persist()).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: true }])
  a.receive('X', appendEntries({ term: 2 }))
  expect(a.state.role).toEqual({ role: 'follower', leaderId: 'X' })
})
