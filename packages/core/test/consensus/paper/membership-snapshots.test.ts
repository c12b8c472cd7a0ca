// Raft §6 with §7: which configuration is in force when snapshots replace the log that told of it.
import { describe, expect, test } from 'vitest'
import type { Configuration, ConsensusOptions, InstallSnapshot } from '../../../src/consensus/index.js'
import { Cluster } from '../../harness/cluster.js'
import { type Entry, log, runsOf } from '../../harness/entry.js'
import { OPTIONS } from '../../harness/options.js'
import { Solo } from '../../harness/solo.js'

const ABC: Configuration = { voters: ['A', 'B', 'C'] }
const WITH_D: Configuration = { voters: ['A', 'B', 'C'], learners: ['D'] }
const JOINT: Configuration = { voters: ['A', 'B', 'D'], outgoing: ['A', 'B', 'C'], learners: ['C'] }

/** A log of these terms, with membership entries at some of its indexes. */
function entries(terms: readonly number[], changes: Record<number, Configuration> = {}): Entry[] {
  return log(...terms).map((entry) => {
    const configuration = changes[entry.index]
    return configuration === undefined ? entry : { ...entry, configuration }
  })
}

/** A has got these from B, and has them on disk. */
function holding(own: readonly Entry[], leaderCommit = 0, consensus: Partial<ConsensusOptions> = {}): Solo {
  const a = new Solo({ consensus })
  const { term } = own.at(-1)!
  const heads = { prevLogIndex: 0, prevLogTerm: 0, leaderCommit, round: 0 }
  a.receive('B', { type: 'AppendEntries', term, ...heads, entries: runsOf(own) }, own)
  a.persist()
  a.server.apply()
  a.takeEvents()
  return a
}

function chunk(term: number, content: readonly Entry[], configuration: Configuration): InstallSnapshot {
  const { index: lastIncludedIndex, term: lastIncludedTerm } = content.at(-1)!
  const point = { lastIncludedIndex, lastIncludedTerm, configuration }
  return { type: 'InstallSnapshot', term, ...point, offset: 0, totalBytes: 1 } as InstallSnapshot
}

function install(a: Solo, term: number, content: readonly Entry[], configuration: Configuration): void {
  a.receive('B', chunk(term, content, configuration), content)
  a.persist()
  a.server.snapshots.keep()
  a.server.snapshots.restore()
}

const configurations = ({ state }: Solo): [number, Configuration][] =>
  state.configurations.map(({ index, configuration }) => [index, configuration])

describe('openraft#1808: after an install, membership comes from the snapshot plus the retained log, nothing else', () => {
  test('a log that is discarded takes its configurations with it, also those behind the snapshot', () => {
    const a = holding(entries([1, 1, 1, 1], { 2: WITH_D, 4: JOINT }))
    expect(a.state.configuration).toBe(JOINT)
    install(a, 3, entries([1, 2, 3]), ABC)
    expect(configurations(a)).toEqual([[3, ABC]])
    expect(a.state.configuration).toEqual(ABC)
    expect(a.events.filter(({ type }) => type === 'MembershipChanged').at(-1)).toEqual({
      type: 'MembershipChanged',
      index: 3,
      configuration: ABC,
    })
  })

  test('of a log that is kept, those behind the snapshot stay, and the newest one is in force', () => {
    const own = entries([1, 1, 1, 1, 1], { 2: WITH_D, 4: JOINT })
    const a = holding(own)
    install(a, 1, own.slice(0, 3), WITH_D)
    expect(configurations(a)).toEqual([
      [3, WITH_D],
      [4, JOINT],
    ])
    expect(a.state.configuration).toBe(JOINT)
    expect(a.events.some(({ type }) => type === 'MembershipChanged')).toBe(false)
  })

  test('a log without any, and a snapshot in the joint phase: it is joint', () => {
    const a = new Solo()
    install(a, 1, entries([1, 1], { 2: JOINT }), JOINT)
    expect(a.state.configuration).toEqual(JOINT)
    const done: Configuration = { voters: ['A', 'B', 'D'], learners: ['C'] }
    const next = entries([1, 1, 1], { 3: done }).slice(2)
    const heads = { prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 2, round: 0 }
    a.receive('B', { type: 'AppendEntries', term: 1, ...heads, entries: runsOf(next) }, next)
    expect(a.state.configuration).toBe(done)
  })

  test('after a restart it is the same: the log before the snapshot, where some of it is left, counts no more', () => {
    const own = entries([1, 1, 1, 1, 1, 1], { 2: WITH_D, 5: JOINT })
    const a = holding(own, 3)
    a.server.snapshots.take()
    a.server.snapshots.save()
    expect(a.server.disk.snapshot?.point).toMatchObject({ lastIncludedIndex: 3, configuration: WITH_D })
    const was = a.state.configuration
    a.crash()
    expect(configurations(a)).toEqual([
      [3, WITH_D],
      [5, JOINT],
    ])
    expect(a.state.configuration).toBe(was)
  })

  test('etcd#18055: of two leaders’ snapshots in flight at once, the one that counts brings its configuration', () => {
    const a = new Solo()
    const [older, newer] = [entries([1, 1]), entries([1, 1, 2], { 3: WITH_D })]
    a.receive('B', chunk(1, older, ABC), older)
    a.receive('C', chunk(2, newer, WITH_D), newer)
    a.receive('B', chunk(1, older, ABC), older)
    a.persist()
    a.server.snapshots.keep()
    a.server.snapshots.restore()
    expect(configurations(a)).toEqual([[3, WITH_D]])
  })
})

describe('canonical/raft#250: a truncated membership change is undone; an uncommitted one is never in a snapshot', () => {
  test('a leader’s own change that is not committed', () => {
    const cluster = new Cluster({ size: 4, voters: 3 })
    const a = cluster.elect('A')
    cluster.partition('A', 'BCD')
    a.change('A B C', 'D')
    expect(a.state.configuration).toEqual({ voters: ['A', 'B', 'C'], learners: ['D'] })
    a.snapshots.take()
    a.snapshots.save()
    expect(a.disk.snapshot?.point).toMatchObject({ lastIncludedIndex: 1, configuration: ABC })
    expect(a.state.configuration.learners).toEqual(['D'])
    a.snapshots.compact(1)

    cluster.elect('B')
    cluster.heal()
    cluster.run(2 * OPTIONS.heartbeatMs)
    expect(a.state.configuration).toEqual(ABC)
    const last = a.outputs.flatMap(({ events }) => events).filter(({ type }) => type === 'MembershipChanged')
    expect(last.at(-1)).toMatchObject({ configuration: ABC })
  })

  test('a follower’s, which goes with the log behind a snapshot of another history', () => {
    const a = holding(entries([1, 1, 1, 1, 1], { 5: WITH_D }))
    expect(a.state.configuration).toBe(WITH_D)
    install(a, 2, entries([1, 1, 2]), ABC)
    const undone = a.events.filter(({ type }) => type === 'LogTruncated' || type === 'MembershipChanged')
    expect(undone.map(({ type }) => type)).toEqual(['LogTruncated', 'MembershipChanged', 'MembershipChanged'])
    expect(a.state.configuration).toEqual(ABC)
  })
})

describe('who is removed', () => {
  /** D is cut off, and then removed: that is committed, and the leader's log begins behind it. */
  function removedWhileAway(): Cluster {
    const cluster = new Cluster({ size: 4, consensus: { steadyLeader: true } })
    const a = cluster.elect('A')
    cluster.run(OPTIONS.heartbeatMs)
    cluster.partition('ABC', 'D')
    cluster.propose('A', 'x', 'y')
    cluster.settle()
    a.change('A B C')
    cluster.settle()
    cluster.propose('A', 'z')
    cluster.settle()
    expect(a.state.commitIndex).toBe(a.state.log.lastIndex)
    a.snapshots.take()
    a.snapshots.save()
    a.snapshots.compact(a.state.commitIndex)
    expect(a.state.log.baseIndex).toBe(a.state.commitIndex)
    return cluster
  }

  test('gets no snapshot that holds its removal, or what is behind it, and is let go', () => {
    const cluster = removedWhileAway()
    const a = cluster.server('A')
    const sent: string[] = []
    cluster.heal()
    a.step({ type: 'PeerConnected', peer: 'D' })
    for (let letter = cluster.pool[0]; letter !== undefined; letter = cluster.pool[0]) {
      sent.push(`${letter.to} ${letter.message.type}`)
      cluster.deliver(letter)
    }
    expect(a.state.role.role === 'leader' && a.state.role.followers.has('D')).toBe(true)
    expect(sent).not.toContain('D InstallSnapshot')
    cluster.run(2 * OPTIONS.electionTimeoutMsMax)
    expect(a.happened('SnapshotSendStarted')).toBe(false)
    expect(a.state.role.role === 'leader' && a.state.role.followers.has('D')).toBe(false)
    expect(cluster.server('D').state.snapshot.lastIncludedIndex).toBe(0)
  })

  test('and is added again is sent that snapshot, like anybody', () => {
    const cluster = removedWhileAway()
    const a = cluster.server('A')
    cluster.heal()
    a.change('A B C', 'D')
    cluster.run(4 * OPTIONS.electionTimeoutMsMax)
    const d = cluster.server('D')
    expect(d.happened('SnapshotInstalled')).toBe(true)
    expect(d.entries).toEqual(a.entries)
    expect(d.state.configuration).toEqual(a.state.configuration)
    expect(d.removals).toBe(0)
  })
})

test('a learner that joins when the log is gone is caught up by a snapshot, and promoted', () => {
  const cluster = new Cluster({ size: 4, voters: 3, consensus: { steadyLeader: true } })
  const a = cluster.elect('A')
  cluster.propose('A', 'x', 'y', 'z')
  cluster.run(OPTIONS.heartbeatMs)
  for (const id of 'ABC') {
    cluster.server(id).snapshots.take()
    cluster.server(id).snapshots.save()
    cluster.server(id).snapshots.compact(3)
  }
  a.change('A B C', 'D')
  cluster.run(3 * OPTIONS.electionTimeoutMsMax)
  const d = cluster.server('D')
  expect(d.happened('SnapshotInstalled')).toBe(true)
  expect(d.entries).toEqual(a.entries)
  a.change('A B C D')
  cluster.run(3 * OPTIONS.electionTimeoutMsMax)
  expect(a.refusedChanges).toEqual([])
  for (const id of 'ABCD') {
    const { configuration } = cluster.server(id).state
    expect(configuration, id).toEqual({ voters: ['A', 'B', 'C', 'D'], learners: [] })
  }
})

describe('a snapshot that removes a server which is a member again, as the log behind it says', () => {
  const BC: Configuration = { voters: ['B', 'C'] }
  const content = entries([1, 1, 1, 1, 1], { 4: { ...BC, outgoing: ['A', 'B', 'C'] }, 5: BC })

  function restoring(a: Solo): Solo {
    a.receive('B', chunk(1, content, BC), content)
    a.persist()
    a.server.snapshots.keep()
    return a
  }

  /** It was added at 6, and C leads by now. */
  function readsOn(a: Solo): void {
    expect(a.state.configuration).toEqual(BC)
    const term = a.state.currentTerm + 1
    const behind: Entry[] = [
      { index: 6, term: 1, command: 'members', configuration: { ...BC, learners: ['A'] } },
      { index: 7, term, command: 'no-op' },
    ]
    const heads = { prevLogIndex: 5, prevLogTerm: 1, leaderCommit: 7, round: 1 }
    a.receive('C', { type: 'AppendEntries', term, ...heads, entries: runsOf(behind) }, behind)
    expect(a.state.configuration.learners).toEqual(['A'])
    expect(a.server.removals).toBe(0)
  }

  test('does not stop it when it asked for votes while it restored that', () => {
    const a = restoring(holding(entries([1, 1, 1]), 3, { steadyLeader: true, leaseMs: 0 }))
    a.elapse()
    expect(a.state.role.role).toBe('pre-candidate')
    a.server.snapshots.restore()
    readsOn(a)
  })

  test('nor when it was elected meanwhile, and knows of no commit in its own term', () => {
    const a = restoring(holding(content, 3)).lead()
    a.server.snapshots.restore()
    expect(a.state).toMatchObject({ commitIndex: 5, role: { role: 'leader', firstIndex: 6 } })
    a.elapse()
    expect(a.state.role.role).toBe('leader')
    readsOn(a)
  })
})
