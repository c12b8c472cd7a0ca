// Raft §7: "the leader must occasionally send snapshots to followers that lag behind", and keeps the log behind one for as
// long as its follower gets further with it: not for ever (docs/adr/0069).
import { expect, test } from 'vitest'
import { OPTIONS } from '../../harness/options.js'
import { refusal, Solo, success } from '../../harness/solo.js'

const { snapshotStallMs } = OPTIONS

/** A leads; C is sent the snapshot that ends at 4, and there is a newer one of everything. */
function leader(): Solo {
  const a = new Solo({ log: [1, 1, 1, 1, 1] })
  a.append('B', { term: 1, prevLogIndex: 5, prevLogTerm: 1, leaderCommit: 4 })
  a.server.apply()
  a.persist()
  keep(a, 4)
  a.lead()
  a.persist()
  a.receive('B', success(2, 6))
  a.receive('C', refusal(2, 5, 2, 1))
  a.server.apply()
  a.takeEvents()
  return a
}

/** A snapshot of all that is applied takes the place of the log up to `through`, if that may go. Returns what happened. */
function keep(a: Solo, through: number): string[] {
  a.server.snapshots.take()
  a.server.snapshots.save()
  a.server.snapshots.compact(through)
  return a.takeEvents().filter((type) => /^(LogCompacted|Snapshot(Stalled|SendStarted))$/.test(type))
}

/** After `ms`, C answers that it has so many bytes, and room for so many. */
function answer(a: Solo, ms: number, nextOffset: number, creditOffset = 1_000, lastIncludedIndex = 4): void {
  a.server.now += ms
  const progress = { lastIncludedIndex, matchIndex: 0, nextOffset, creditOffset }
  a.receive('C', { type: 'InstallSnapshotReply', term: 2, ...progress })
}

/** One more entry is committed, and replaced by a snapshot. Returns what happened. */
function goOn(a: Solo): string[] {
  a.server.propose('x')
  a.persist()
  a.receive('B', success(2, a.state.log.lastIndex))
  a.server.apply()
  a.takeEvents()
  return keep(a, a.state.log.lastIndex)
}

test('a byte now and then is enough', () => {
  const a = leader()
  for (let bytes = 1; bytes < 10; bytes++) {
    answer(a, snapshotStallMs - 1, bytes)
    expect(goOn(a)).toEqual([])
  }
  expect(a.state.log.baseIndex).toBe(4)
})

test('answers that say the same are not: the log goes, the newest snapshot is sent, and it is told once', () => {
  const a = leader()
  answer(a, 0, 10)
  answer(a, snapshotStallMs, 10)
  expect(goOn(a)).toEqual([])
  answer(a, 1, 10)
  expect(goOn(a)).toEqual(['SnapshotStalled', 'LogCompacted', 'SnapshotSendStarted'])
  expect(a.state.log.baseIndex).toBe(8)
  expect(a.follower('C').nextIndex).toBe(9)
})

test('who begins the same one anew gets no further before it is where it was', () => {
  const a = leader()
  answer(a, 0, 500)
  for (const bytes of [0, 100, 400]) answer(a, snapshotStallMs / 3, bytes)
  answer(a, 1, 500)
  expect(goOn(a)).toContain('SnapshotStalled')
})

test('then bytes of the next one are no proof, but that one is not begun anew while they come', () => {
  const a = leader()
  answer(a, 0, 10)
  answer(a, snapshotStallMs + 1, 10)
  goOn(a)
  for (let bytes = 10; bytes < 50; bytes += 10) {
    answer(a, snapshotStallMs - 1, bytes, 1_000, 7)
    expect(goOn(a)).toEqual(['LogCompacted'])
  }
  // When it stops again, another one is.
  answer(a, snapshotStallMs + 1, 40, 1_000, 7)
  expect(goOn(a)).toEqual(['LogCompacted', 'SnapshotSendStarted'])
})

test('what it has stored is one: the log stays for it again', () => {
  const a = leader()
  answer(a, 0, 10)
  answer(a, snapshotStallMs + 1, 10)
  goOn(a)
  answer(a, 1, 10, 1_000, 7)
  answer(a, 1, 20, 1_010, 7)
  const { baseIndex } = a.state.log
  expect(goOn(a)).toEqual([])
  expect(a.state.log.baseIndex).toBe(baseIndex)
})

test('who has one too late is given twice as long for the next, and who is in time as long as at first', () => {
  const a = leader()
  const installed = (lastIncludedIndex: number): void => {
    const reply = { lastIncludedIndex, matchIndex: lastIncludedIndex, nextOffset: 0, creditOffset: 0 }
    a.receive('C', { type: 'InstallSnapshotReply', term: 2, ...reply })
  }
  answer(a, 0, 10)
  answer(a, snapshotStallMs + 1, 10)
  goOn(a)
  goOn(a)
  // It is behind the log's beginning: it needs another.
  installed(7)
  expect(a.follower('C')).toMatchObject({ state: 'snapshot', install: { lateCount: 1, isWaitedFor: true } })
  const next = a.follower('C').nextIndex - 1
  answer(a, 0, 0, 1_000, next)
  answer(a, 2 * snapshotStallMs - 1, 0, 1_000, next)
  expect(goOn(a)).not.toContain('SnapshotStalled')
  installed(next)
  expect(a.follower('C')).toMatchObject({ state: 'replicate', install: { lateCount: 0 } })
})
