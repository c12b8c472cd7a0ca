// Which of the survivors: what the rule of elections (Raft §5.4.1) keeps, and what it cannot know.
import { describe, expect, test } from 'vitest'
import { assessRecovery } from '../../src/node/lost-quorum/assess.js'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import type { RecoveryReport } from '../../src/node/lost-quorum/report.js'
import type { Member } from '../../src/ports/transport.js'
import { EntryKind, encodeBlock } from '../../src/wire/entry-block.js'
import { Disk } from './harness/disk.js'
import { World } from './harness/world.js'

const members: Member[] = [...'ABCDE'].map((id) => ({ id, address: id, role: 'voter' }))

/** What a survivor's storage tells, with a log of these terms, from index 1 on, and a snapshot up to there. */
async function survivor(id: string, terms: readonly number[], snapshotIndex = 0): Promise<RecoveryReport> {
  const disk = new Disk(new World())
  const blocks = terms.map((term, i) =>
    encodeBlock({ firstIndex: i + 1, term, timestamp: 0, flags: 0 }, [
      { kind: EntryKind.Command, payload: new Uint8Array(1) },
    ]),
  )
  const identity = { clusterId: 'words', nodeId: id, members, incarnation: '00112233445566ff' }
  disk.prepare(identity, { currentTerm: terms.at(-1)!, votedFor: undefined }, blocks)
  if (snapshotIndex > 0) {
    const metadata = { index: snapshotIndex, term: terms[snapshotIndex - 1]!, members, timestamp: 0 }
    disk.snapshot = { metadata, content: [] }
  }
  return assessRecovery({ storage: disk.storage(), id, clusterId: 'words' })
}

describe('of the survivors is chosen', () => {
  test('the one whose last entry has the latest term, and then the one with the longest log: nothing conflicts', async () => {
    const reports = [
      await survivor('A', [1, 1]),
      await survivor('B', [1, 1, 2]),
      await survivor('C', [1, 1, 2, 2]),
    ]
    expect(chooseSurvivor(reports)).toEqual({
      id: 'C',
      why: 'the log of C ends at index 4 of term 2; the log of B ends at index 3 of term 2',
      conflicts: [],
    })
  })

  test('one that may lack what was committed, and another has (Figure 8): the conflict is told', async () => {
    // [1, 2, 4] on the three that are lost: entry 2 of term 2 is committed by entry 3 of term 4. Or [1, 3] on two of them: then
    // entry 2 of term 3 is. The survivors are the same.
    const reports = [await survivor('A', [1, 2]), await survivor('B', [1, 3])]
    const { id, conflicts } = chooseSurvivor(reports)
    expect(id).toBe('B')
    expect(conflicts).toMatchObject([{ id: 'A', fromIndex: 2 }])
    expect(conflicts[0]!.text).toMatch(
      /^A has entries from 2 to 2 in whose place B has others: they are lost/,
    )
    expect(reports[1]!.risks[0]!.text).toMatch(/^What the other voters committed without this member is lost/)
    expect(reports[1]!.risks[0]!.text).toContain('all of it behind index 2')
    expect(reports[1]!.risks[0]!.text).toContain(
      'of entries from 1 to 2 those in whose place this log has others',
    )
  })

  test('one that is longer than the chosen one, in earlier terms: that is told too', async () => {
    const reports = [await survivor('A', [1, 2, 2, 2]), await survivor('B', [1, 3])]
    expect(chooseSurvivor(reports)).toMatchObject({ id: 'B', conflicts: [{ id: 'A', fromIndex: 2 }] })
  })

  test('never one that lacks what another knows to be committed, by its snapshot, however late its last term', async () => {
    // A has applied entry 2 of term 2: entry 2 of term 3 was never committed, nor was anything behind it.
    const reports = [
      await survivor('A', [1, 2, 2], 2),
      await survivor('B', [1, 3, 3, 3]),
      await survivor('C', [1, 2]),
    ]
    const { id, why, conflicts } = chooseSurvivor(reports)
    expect(id).toBe('A')
    expect(why).toBe(
      'the log of A ends at index 3 of term 2; the log of C ends at index 2 of term 2; ' +
        'B lacks entry 2 of term 2, which is committed: A has it in a snapshot',
    )
    // What B has instead was certainly never committed.
    expect(conflicts).toEqual([])
  })

  test('one that has the others snapshot in its log, or in one of its own', async () => {
    const reports = [
      await survivor('A', [1, 2, 2], 2),
      await survivor('B', [1, 2, 3]),
      await survivor('C', [1, 2, 3, 3], 3),
    ]
    expect(chooseSurvivor(reports)).toMatchObject({ id: 'C', conflicts: [] })
    // What C's snapshot replaces is committed: where A differs, it has what was not.
    expect(chooseSurvivor([...reports].slice(0, 2))).toMatchObject({
      id: 'B',
      conflicts: [{ id: 'A', fromIndex: 3 }],
    })
  })
})
