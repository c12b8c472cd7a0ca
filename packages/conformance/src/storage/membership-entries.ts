// Membership entries (Raft §6): the members of a cluster are those of the last one in the log, so `open` tells where they
// stand, neither one that is gone nor one too few. A storage that cannot tell leaves `memberships` out.
import {
  type EntryBlock,
  EntryKind,
  encodeBlock,
  encodeMembers,
  FLAG_MEMBERSHIP,
  type LogIndex,
  type Member,
  type StoredState,
  type Term,
} from '@riverraft/core'
import { check, same } from '../assert.js'
import type { Bench, Contract } from './bench.js'
import { batch, block, restarting, timestampOf } from './entries.js'
import { chunks, metadataOf } from './snapshot-content.js'

function membersOf(index: LogIndex): Member[] {
  return [
    { id: 'a', address: '10.0.0.1:7001', role: 'voter', incarnation: '00112233445566ff' },
    { id: `n${index}`, address: `10.0.0.2:${index}`, role: 'learner' },
  ]
}

function membership(index: LogIndex, term: Term = 1): EntryBlock {
  const entry = { kind: EntryKind.Membership, payload: encodeMembers(membersOf(index)) }
  return encodeBlock({ firstIndex: index, term, timestamp: timestampOf(index), flags: FLAG_MEMBERSHIP }, [
    entry,
  ])
}

/** What `open` told is exactly this, and each of them is read as what was written. */
async function expectMemberships(
  bench: Bench,
  { memberships }: StoredState,
  expected: readonly LogIndex[],
): Promise<void> {
  if (memberships !== undefined) same(memberships, expected, 'memberships, reopened')
  for (const index of expected) {
    const [found] = await bench.storage.read(index, 1)
    check(found?.lastIndex === index, `read(${index}): the block ends at ${found?.lastIndex}`)
    same(found.members, membersOf(index), `members of the entry at ${index}`)
  }
}

export const membershipEntries: Contract = {
  'membership entries are told of, and nothing else is': async (bench) => {
    await bench.open()
    await bench.written(batch([membership(1), block(2, 3), membership(5), membership(6)]))
    await expectMemberships(bench, await bench.reopen(), [1, 5, 6])
    await bench.written(batch([block(7, 1, 2), membership(8, 2)]), batch([block(9, 2, 2)]))
    for (let times = 0; times < 2; times++) await expectMemberships(bench, await bench.reopen(), [1, 5, 6, 8])
  },

  'a membership entry that was cut off is not told of any more': async (bench) => {
    await bench.open()
    await bench.written(batch([block(1, 2), membership(3), block(4, 1), membership(5)]))
    await bench.written(batch([block(5, 1, 2)], 5))
    await expectMemberships(bench, await bench.reopen(), [3])
    await bench.written(batch([block(3, 1, 3), membership(4, 3)], 3))
    await expectMemberships(bench, await bench.reopen(), [4])
    await bench.written(batch([], 1))
    await expectMemberships(bench, await bench.reopen(), [])
  },
}

export const membershipEntriesBesideSnapshots: Contract = {
  'a membership entry that was compacted away is not told of any more': async (bench) => {
    await bench.open()
    for (const index of [1, 4, 7])
      await bench.written(batch([membership(index)]), batch([block(index + 1, 2, 1, { padding: 9_000 })]))
    const metadata = { ...metadataOf(6), members: membersOf(4) }
    await bench.storage.saveSnapshot(metadata, chunks('state'))
    await bench.storage.compact(6)
    const stored = await bench.reopen()
    same(stored.snapshot, metadata, 'the snapshot that open tells, with its members')
    const first = stored.runs[0]?.firstIndex ?? 0
    check(first > 0 && first <= 7, `the log begins at ${first}, its snapshot ends at 6`)
    await expectMemberships(
      bench,
      stored,
      [1, 4, 7].filter((index) => index >= first),
    )
  },

  'a log that restarts behind a snapshot tells of its own membership entries alone': async (bench) => {
    await bench.open()
    await bench.written(batch([membership(1), block(2, 3), membership(5)]))
    await bench.storage.saveSnapshot({ ...metadataOf(20, 3), members: membersOf(19) }, chunks('state'))
    await bench.written(restarting(20, 3, [block(21, 1, 3), membership(22, 3)]))
    const stored = await bench.reopen()
    await expectMemberships(bench, stored, [22])
    same(stored.snapshot?.members, membersOf(19), 'members of the snapshot that open tells')
    await bench.storage.saveSnapshot(metadataOf(30, 4), chunks('state'))
    await expectMemberships(bench, await bench.reopen(), [])
  },
}
