// Raft §7: log compaction, and Figure 13, InstallSnapshot RPC.
import { describe, expect, test } from 'vitest'
import type { InstallSnapshot, SnapshotPoint } from '../../../src/consensus/index.js'
import { Cluster } from '../../harness/cluster.js'
import { log, termsOf } from '../../harness/entry.js'
import { refusal, Solo, success } from '../../harness/solo.js'

const configuration = { voters: ['A', 'B', 'C'] }

function point(lastIncludedIndex: number, lastIncludedTerm: number): SnapshotPoint {
  return { lastIncludedIndex, lastIncludedTerm, configuration }
}

function chunk(term: number, index: number, lastIncludedTerm: number): InstallSnapshot {
  const at = point(index, lastIncludedTerm)
  return { type: 'InstallSnapshot', term, ...at, offset: 0, totalBytes: 1 } as InstallSnapshot
}

/** B sends a snapshot of these terms, which is stored and restored. */
function install(a: Solo, term: number, ...terms: number[]): void {
  a.receive('B', chunk(term, terms.length, terms.at(-1)!), log(...terms))
  a.persist()
  a.server.snapshots.keep()
  a.server.snapshots.restore()
}

/** Everything up to `index` is committed by a message of B, and applied. */
function apply(a: Solo, term: number, index: number): void {
  a.append('B', { term, prevLogIndex: index, prevLogTerm: a.state.log.termAt(index)!, leaderCommit: index })
  a.server.apply()
}

/** A server with a log of these terms, of which a snapshot replaces all up to `index`. */
function compacted(terms: readonly number[], index: number, term = terms.at(-1)!): Solo {
  const a = new Solo({ log: terms })
  apply(a, term, index)
  a.persist()
  a.server.snapshots.take()
  a.server.snapshots.save()
  a.server.snapshots.compact(index)
  a.take()
  a.takeEvents()
  return a
}

describe('"Each server takes snapshots independently, covering just the committed entries in its log."', () => {
  test('of what is applied, with the term of the last entry', () => {
    const a = compacted([1, 1, 2, 2], 3)
    expect(a.state.snapshot).toMatchObject({ lastIncludedIndex: 3, lastIncludedTerm: 2 })
    expect(a.state.snapshot.configuration).toEqual(configuration)
  })

  test('one that is beyond what is applied is a broken invariant', () => {
    const a = new Solo({ log: [1, 1, 1] })
    expect(() => a.server.step({ type: 'SnapshotSaved', snapshot: point(2, 1) })).toThrow(
      /only what is applied/,
    )
  })
})

describe('"Once a server completes writing a snapshot, it may delete all log entries up through the last included index"', () => {
  test('and the term of the last one stays known, for the consistency check behind it', () => {
    const a = compacted([1, 1, 2, 2], 3)
    expect(a.state.log.runs).toEqual([{ firstIndex: 4, lastIndex: 4, term: 2 }])
    expect(a.state.log.termAt(3)).toBe(2)
    expect(a.state.log.termAt(2)).toBeUndefined()
    expect(a.append('B', { term: 2, prevLogIndex: 3, prevLogTerm: 2, terms: [2, 2] })).toEqual([])
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 5 }])
  })

  test('not before it is durable', () => {
    const a = new Solo({ log: [1, 1, 1] })
    apply(a, 1, 3)
    a.server.snapshots.take()
    a.server.snapshots.compact(3)
    expect(a.state.log.baseIndex).toBe(0)
  })

  test('never beyond the snapshot', () => {
    const a = compacted([1, 1, 1, 1], 2)
    apply(a, 1, 4)
    a.server.snapshots.compact(4)
    expect(a.state.log.baseIndex).toBe(2)
  })
})

describe('a prevLog below the compacted prefix', () => {
  test('is no conflict (openraft#511): what is committed is the same everywhere', () => {
    const a = compacted([1, 1, 2, 2, 2], 4)
    // Sent before; it repeats what is compacted away, and one entry more.
    a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [1, 2, 2, 2, 2] })
    expect(a.takeEvents()).not.toContain('LogTruncated')
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 6 }])
    expect(termsOf(a.server.entries)).toEqual([1, 1, 2, 2, 2, 2])
  })

  test('with entries that are all compacted away acknowledges the snapshot, and no more', () => {
    const a = compacted([1, 1, 2, 2, 2], 4)
    expect(a.append('B', { term: 2, prevLogIndex: 1, prevLogTerm: 1, terms: [1] })).toMatchObject([
      { success: true, matchIndex: 4 },
    ])
  })

  test('of a later leader, too', () => {
    const a = compacted([1, 1, 2, 2, 2], 4)
    a.append('C', { term: 5, prevLogIndex: 0, prevLogTerm: 0, terms: [1, 1, 2, 2, 3] })
    expect(termsOf(a.server.entries)).toEqual([1, 1, 2, 2, 3])
  })
})

test('truncating at or below what is committed is fatal (openraft#511)', () => {
  const a = compacted([1, 1, 2, 2, 2], 4)
  apply(a, 2, 5)
  expect(() => a.append('B', { term: 3, prevLogIndex: 4, prevLogTerm: 2, terms: [3] })).toThrow(/committed/)
})

describe('"the leader must occasionally send snapshots to followers that lag behind."', () => {
  const leader = (): Solo => {
    const a = compacted([1, 1, 1, 1, 1], 4)
    a.lead()
    a.persist()
    a.receive('B', success(2, 6))
    a.take()
    a.takeEvents()
    return a
  }

  test('"This happens when the leader has already discarded the next log entry that it needs to send"', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 2, 1))
    expect(a.takeEvents()).toContain('SnapshotSendStarted')
    expect(a.follower('C')).toMatchObject({ state: 'snapshot', nextIndex: 5 })
  })

  test('a follower whose next entry is the first one kept gets entries', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 4, 1))
    expect(a.follower('C')).toMatchObject({ state: 'probe', nextIndex: 5 })
  })

  test('heartbeats go on, and the refusals that answer them change nothing', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 2, 1))
    a.take()
    a.elapse()
    expect(a.sent.filter(({ to }) => to === 'C').map(({ message }) => message)).toMatchObject([
      { type: 'AppendEntries', prevLogIndex: 4, entries: [] },
      { type: 'InstallSnapshot', lastIncludedIndex: 4 },
    ])
    a.takeEvents()
    a.receive('C', refusal(2, 4, 2, 1))
    expect(a.follower('C').state).toBe('snapshot')
    expect(a.takeEvents()).not.toContain('SnapshotSendStarted')
  })

  const installed = { type: 'InstallSnapshotReply', term: 2, nextOffset: 0, creditOffset: 0 } as const

  test('when it has installed it, entries follow (Ratis PR1567)', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 2, 1))
    a.take()
    const sent = a.receive('C', { ...installed, lastIncludedIndex: 4, matchIndex: 4 })
    expect(a.follower('C')).toMatchObject({ state: 'replicate', matchIndex: 4 })
    expect(sent).toMatchObject([{ type: 'AppendEntries', prevLogIndex: 4 }])
  })

  test('the log behind the snapshot stays for as long as the follower answers (dgraph#2707)', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 2, 1))
    a.server.apply()
    a.server.snapshots.take()
    a.server.snapshots.save()
    a.server.snapshots.compact(6)
    expect(a.state.log.baseIndex).toBe(4)
    a.receive('C', { ...installed, lastIncludedIndex: 4, matchIndex: 4 })
    expect(a.follower('C').state).toBe('replicate')
  })

  test('for one that has been silent for long it does not: the newer snapshot is sent then', () => {
    const a = leader()
    a.receive('C', refusal(2, 5, 2, 1))
    a.server.apply()
    a.server.snapshots.take()
    a.server.snapshots.save()
    a.server.now += 10_000
    a.takeEvents()
    a.server.snapshots.compact(6)
    expect(a.state.log.baseIndex).toBe(6)
    expect(a.takeEvents()).toContain('SnapshotSendStarted')
    expect(a.follower('C').nextIndex).toBe(7)
  })

  test('a follower that was sent the log needs the snapshot when what is lost on the way was discarded', () => {
    const a = leader()
    a.receive('C', success(2, 4))
    a.server.apply()
    a.server.snapshots.take()
    a.server.snapshots.save()
    a.server.snapshots.compact(6)
    expect(a.follower('C')).toMatchObject({ state: 'replicate', nextIndex: 7 })
    a.server.step({ type: 'PeerConnected', peer: 'C' })
    expect(a.follower('C').state).toBe('snapshot')
  })
})

describe('Figure 13, InstallSnapshot RPC, receiver', () => {
  test('1. "Reply immediately if term < currentTerm"', () => {
    const a = new Solo({ log: [1, 2] })
    expect(a.receive('B', chunk(1, 9, 1))).toMatchObject([
      { type: 'InstallSnapshotReply', term: 2, matchIndex: 0 },
    ])
    expect(a.effects.map(({ type }) => type)).not.toContain('StoreChunk')
  })

  test('a higher term is adopted, and the sender is its leader', () => {
    const a = new Solo({ log: [1, 2] })
    a.receive('B', chunk(4, 9, 3))
    expect(a.state).toMatchObject({ currentTerm: 4, role: { role: 'follower', leaderId: 'B' } })
  })

  test('it counts as contact with the leader: no election while a snapshot arrives', () => {
    const a = new Solo({ log: [1, 2] })
    a.server.now += 100
    a.receive('B', chunk(2, 9, 2))
    expect(a.state.leaderContactAt).toBe(a.server.now)
  })

  test('a snapshot of what is committed here is answered at once: it has all that', () => {
    const a = new Solo({ log: [1, 1, 1] })
    apply(a, 1, 3)
    expect(a.receive('B', chunk(1, 3, 1))).toMatchObject([{ type: 'InstallSnapshotReply', matchIndex: 3 }])
  })

  test('6. "If existing log entry has same index and term as snapshot\'s last included entry, retain log entries following it and reply"', () => {
    const a = new Solo({ log: [1, 1, 2, 2] })
    install(a, 2, 1, 1, 2)
    expect(a.take()).toMatchObject([{ type: 'InstallSnapshotReply', matchIndex: 3 }])
    expect(termsOf(a.server.entries)).toEqual([1, 1, 2, 2])
    expect(a.state).toMatchObject({ commitIndex: 3, lastApplied: 3 })
  })

  test('7. "Discard the entire log"', () => {
    const a = new Solo({ log: [1, 1, 1, 1, 1] })
    install(a, 3, 1, 1, 3)
    expect(termsOf(a.server.entries)).toEqual([1, 1, 3])
    expect(a.state.log).toMatchObject({ baseIndex: 3, lastIndex: 3, lastTerm: 3 })
    a.append('B', { term: 3, prevLogIndex: 3, prevLogTerm: 3, terms: [3] })
    expect(a.persist()).toMatchObject([{ success: true, matchIndex: 4 }])
    expect(termsOf(a.server.disk.log)).toEqual([1, 1, 3, 3])
  })

  test('8. "load snapshot\'s cluster configuration": from the snapshot and nothing else (openraft#1808)', () => {
    const a = new Solo()
    const snapshot = { ...point(3, 1), configuration: { voters: ['A', 'B', 'C', 'D'] } }
    a.receive('B', chunk(1, 3, 1), log(1, 1, 1))
    a.persist()
    a.server.snapshots.keep()
    a.server.step({ type: 'SnapshotRestored', from: 'B', snapshot }, a.server.disk.log)
    expect(a.state.configuration.voters).toEqual(['A', 'B', 'C', 'D'])
  })

  test('the answer waits for the snapshot to be durable, and for the term', () => {
    const a = new Solo()
    a.receive('B', chunk(7, 2, 1), log(1, 1))
    a.server.snapshots.keep()
    expect(a.take()).toEqual([])
    a.persist()
    a.server.snapshots.keep()
    a.server.snapshots.restore()
    expect(a.take()).toMatchObject([{ type: 'InstallSnapshotReply', term: 7, matchIndex: 2 }])
  })

  test('a leader that is no more is not answered: the next one finds out', () => {
    const a = new Solo()
    a.receive('B', chunk(1, 2, 1), log(1, 1))
    a.persist()
    a.server.snapshots.keep()
    a.append('C', { term: 2 })
    a.take()
    a.server.snapshots.restore()
    expect(a.take()).toEqual([])
    expect(a.state.log.baseIndex).toBe(2)
  })

  test('one that leads by the time its state is restored keeps its log: it has all that is committed (§5.4)', () => {
    const a = new Solo({ log: [1, 1, 1] })
    a.receive('B', chunk(1, 2, 1), log(1, 1))
    a.persist()
    a.server.snapshots.keep()
    a.lead()
    a.server.snapshots.restore()
    expect(a.state).toMatchObject({ role: { role: 'leader' }, commitIndex: 2, lastApplied: 2 })
    expect(termsOf(a.server.entries)).toEqual([1, 1, 1, 2])
  })

  test("of two leaders' snapshots at once the later one's counts (etcd#18055)", () => {
    const a = new Solo()
    a.receive('B', chunk(1, 2, 1), log(1, 1))
    a.receive('C', chunk(2, 3, 2), log(1, 1, 2))
    a.take()
    expect(a.receive('B', chunk(1, 2, 1), log(1, 1))).toMatchObject([{ term: 2, matchIndex: 0 }])
    a.persist()
    a.server.snapshots.keep()
    a.server.snapshots.restore()
    expect(termsOf(a.server.entries)).toEqual([1, 1, 2])
  })
})

describe('a crash', () => {
  test('between the snapshot and the end of the old log: what the log lacks, the snapshot has', () => {
    const a = new Solo({ log: [1, 1, 1, 1] })
    a.receive('B', chunk(3, 3, 3), log(1, 2, 3))
    a.persist()
    a.server.snapshots.keep()
    a.server.crash()
    a.server.start()
    expect(termsOf(a.server.entries)).toEqual([1, 2, 3])
    expect(a.state).toMatchObject({ commitIndex: 3, lastApplied: 3, currentTerm: 3 })
    expect(a.state.log).toMatchObject({ baseIndex: 3, lastIndex: 3 })
  })

  test('the log may begin anywhere before the snapshot: storage forgets in large pieces', () => {
    const a = compacted([1, 1, 1, 1, 1, 2, 2], 6)
    a.server.crash()
    a.server.start()
    // Four are forgotten; the term before the fifth is not known, so that one is the base.
    expect(a.state.log).toMatchObject({ baseIndex: 5, lastIndex: 7 })
    expect(a.state.snapshot.lastIncludedIndex).toBe(6)
  })

  test('a log that begins behind the snapshot is no history: it is not started on', () => {
    const a = new Solo()
    const runs = [{ firstIndex: 5, lastIndex: 6, term: 1 }]
    const hardState = { currentTerm: 1, votedFor: undefined }
    expect(() => a.server.step({ type: 'Recover', hardState, runs, snapshot: point(3, 1) })).toThrow()
  })
})

test('a follower that was away for long gets the snapshot, and then the log', () => {
  const cluster = new Cluster({ size: 3 })
  const leader = cluster.elect('A')
  cluster.partition('AB', 'C')
  cluster.propose('A', 'one', 'two', 'three')
  cluster.run(100)
  leader.snapshots.take()
  leader.snapshots.save()
  leader.snapshots.compact(leader.state.snapshot.lastIncludedIndex)
  cluster.propose('A', 'four')
  cluster.heal()
  cluster.run(300)
  expect(cluster.log('C')).toEqual(cluster.log('A'))
  expect(cluster.server('C').state.lastApplied).toBe(leader.state.lastApplied)
  expect(cluster.happened.get('SnapshotInstalled')).toBe(1)
})
