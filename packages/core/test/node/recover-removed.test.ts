// A survivor whose own log removes it: nobody can tell from there whether that was ever committed.
import { afterEach, describe, expect, test } from 'vitest'
import { assessRecovery } from '../../src/node/lost-quorum/assess.js'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import type { RecoveryReport } from '../../src/node/lost-quorum/report.js'
import type { Member } from '../../src/ports/transport.js'
import { EntryKind, encodeBlock, FLAG_MEMBERSHIP } from '../../src/wire/entry-block.js'
import { encodeMembers } from '../../src/wire/membership-entry.js'
import { Cluster } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import { assess, kill, recover } from './harness/survivor.js'
import { World } from './harness/world.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const risksOf = ({ risks }: RecoveryReport): string[] => risks.map(({ code }) => code)

test('a leader that had begun to remove itself is recovered when that is all that is left', async () => {
  cluster = Cluster.prepare({ size: 4, voters: 3 })
  for (const id of 'ABC') await cluster.start(id)
  const [leader, next] = await cluster.elected([...'ABC'])
  await cluster.world.outcome(leader.propose('one'))
  await cluster.agreed()
  const { id } = leader
  const isOut = (): boolean => !leader.status().members.some((member) => member.id === id)
  // The entry that removes it stays on its own disk.
  cluster.network.judge = ({ from }) => (from === id && isOut() ? 'drop' : 'pass')
  leader.changeMembership({ remove: [id] }).catch(() => {})
  await cluster.world.until('C_new is in its log', isOut)
  await kill(cluster, 'A', 'B', 'C')
  cluster.network.judge = () => 'pass'

  const report = await assess(cluster, id)
  expect(report.refusal).toBeUndefined()
  expect(report.members.map((member) => member.id)).not.toContain(id)
  expect(report.committedMembers.map((member) => member.id)).toContain(id)
  expect(report.risks.find(({ code }) => code === 'perhaps-removed')?.text).toMatch(
    new RegExp(`^The newest configuration of this log, at index ${report.membersIndex}, is without ${id}\\.`),
  )
  expect(chooseSurvivor([report, await assess(cluster, next!.id)]).id).toBe(id)

  const { newGeneration } = await recover(cluster, id)
  const node = await cluster.start(id)
  await cluster.elected([id])
  expect(cluster.words(id)).toEqual(['one'])
  expect(node.status().members).toMatchObject([{ id, address: id, role: 'voter' }])
  // Whoever reads this log later can follow it.
  await cluster.start('D', { generation: newGeneration })
  await cluster.world.outcome(node.changeMembership({ add: [{ id: 'D', address: 'D', role: 'voter' }] }))
  expect(await cluster.world.outcome(cluster.node('D').propose('two'))).toBe(2)
  await cluster.agreed([id, 'D'])
  expect(cluster.words('D')).toEqual(['one', 'two'])
})

describe('of a storage whose log removes its member', () => {
  const member = (id: string): Member => ({ id, address: id, role: 'voter' })
  const without = [...'BC'].map(member)

  /** A storage of A, which was formatted with A, B and C, with these configurations in its log, and in its snapshot. */
  async function withLog(configurations: Member[][], snapshot?: Member[]): Promise<RecoveryReport> {
    const disk = new Disk(new World())
    const blocks = configurations.map((members, i) =>
      encodeBlock({ firstIndex: i + 1, term: 1, timestamp: 0, flags: FLAG_MEMBERSHIP }, [
        { kind: EntryKind.Membership, payload: encodeMembers(members) },
      ]),
    )
    const members = [...'ABC'].map(member)
    const identity = { clusterId: 'words', nodeId: 'A', members, incarnation: '00112233445566ff' }
    disk.prepare(identity, { currentTerm: 1, votedFor: undefined }, blocks)
    if (snapshot !== undefined)
      disk.snapshot = { metadata: { index: 1, term: 1, members: snapshot, timestamp: 0 }, content: [] }
    return assessRecovery({ storage: disk.storage(), id: 'A', clusterId: 'words' })
  }

  const joint: Member[] = [
    { id: 'A', address: 'A', role: 'leaving', outgoing: true },
    ...without.map((each) => ({ ...each, outgoing: true as const })),
  ]
  const refusal = /^A is none of the members that its log tells of \(B, C/

  test('the last configuration may not be committed: it can be recovered', async () => {
    const report = await withLog([joint, without])
    expect(report.refusal).toBeUndefined()
    expect(risksOf(report)).toContain('perhaps-removed')
    // Also when it had applied what came before that.
    expect((await withLog([joint, without], joint)).refusal).toBeUndefined()
  })

  test('the last but one is, since a leader begins one change when the last is committed: it is refused', async () => {
    const report = await withLog([joint, without, [...without, member('D')]])
    expect(report.refusal).toMatch(refusal)
    expect(risksOf(report)).not.toContain('perhaps-removed')
  })

  test('what its snapshot tells is: it is refused', async () => {
    expect((await withLog([without], without)).refusal).toMatch(refusal)
  })

  test('that was made under the same name after its own was lost, it is refused', async () => {
    const other = { ...member('A'), incarnation: 'ffffffffffffffff' }
    const report = await withLog([[other, ...without], without])
    expect(report.refusal).toMatch(/^A is a member with another storage/)
  })
})
