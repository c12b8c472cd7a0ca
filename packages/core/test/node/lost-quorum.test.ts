// A majority is lost for good: one survivor becomes the cluster, in a new generation, and the old members form no second one.
import { afterEach, describe, expect, test } from 'vitest'
import { assessRecovery } from '../../src/node/lost-quorum/assess.js'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import { recoverCluster } from '../../src/node/lost-quorum/recover-cluster.js'
import type { RecoveryReport } from '../../src/node/lost-quorum/report.js'
import type { NodeEvent } from '../../src/node/types.js'
import type { Storage } from '../../src/ports/storage.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import { codeOf } from './harness/world.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const on = (id: string) => ({ storage: cluster.disk(id).storage(), id, clusterId: 'words' })
const assess = (id: string): Promise<RecoveryReport> => cluster.world.outcome(assessRecovery(on(id)))
const recover = (id: string): Promise<RecoveryReport> => cluster.world.outcome(recoverCluster(on(id)))

async function kill(...ids: string[]): Promise<void> {
  for (const id of ids) await cluster.kill(id)
}

/** A, B and C, of which A alone is left, recovered, and has said so much. */
async function onlyA(...words: string[]): Promise<WordsNode> {
  cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  for (const word of words) await cluster.world.outcome(leader.propose(word))
  await cluster.agreed()
  await kill('A', 'B', 'C')
  await recover('A')
  const a = await cluster.start('A')
  await cluster.elected(['A'])
  return a
}

test('five lose three for good: the best survivor is recovered, serves all it had, and new members join', async () => {
  cluster = Cluster.prepare({ size: 7, voters: 5 })
  for (const id of 'ABCDE') await cluster.start(id)
  const [leader, behind, ahead, ...others] = await cluster.elected([...'ABCDE'])
  await cluster.world.outcome(leader.propose('one'))
  await cluster.agreed()
  const rest = [leader, ahead!, ...others].map(({ id }) => id)
  cluster.network.partition([behind!.id], rest)
  await cluster.world.outcome(leader.propose('two'))
  await cluster.agreed(rest)
  await kill(leader.id, ...others.map(({ id }) => id))
  cluster.network.heal()
  // Two of five can do nothing.
  await cluster.world.pass(3_000)
  expect(cluster.leaderAmong()).toBeUndefined()
  await kill(behind!.id, ahead!.id)

  const reports = [await assess(behind!.id), await assess(ahead!.id)]
  const { id, why } = chooseSurvivor(reports)
  expect(id).toBe(ahead!.id)
  expect(why).toMatch(/ends at index (\d+) of term .*; the log of . ends at index/)
  const report = reports[1]!
  expect(report).toMatchObject({ generation: 0, joint: false, refusal: undefined, snapshotIndex: 0 })
  expect(report.members.map((member) => member.id)).toEqual([...'ABCDE'])
  expect(report.risks.map(({ code }) => code)).toEqual([
    'committed-entries-lost',
    'unacknowledged-entries-kept',
    'answers-change',
    'old-leader-reads',
    'old-members',
  ])

  expect(await recover(id)).toEqual(report)
  const recovered = await cluster.start(id)
  await cluster.elected([id])
  expect(cluster.words(id)).toEqual(['one', 'two'])
  const { members, generation, term, incarnation } = recovered.status()
  expect(members).toEqual([{ id, address: id, role: 'voter', incarnation }])
  expect(generation).toBe(1)
  // Beyond any term that the lost ones may have had: a fencing token is never given twice.
  expect(term).toBeGreaterThan(report.currentTerm + 1_000_000)
  expect(await cluster.world.outcome(recovered.propose('three'))).toBe(3)

  for (const joining of 'FG') await cluster.start(joining, { generation: 1 })
  const add = [...'FG'].map((joining) => ({ id: joining, address: joining, role: 'voter' as const }))
  await cluster.world.outcome(recovered.changeMembership({ add }))
  await cluster.agreed([id, 'F', 'G'])
  expect(await cluster.world.outcome(cluster.node('G').propose('four'))).toBe(4)
  await cluster.agreed([id, 'F', 'G'])
  expect(cluster.words('F')).toEqual(['one', 'two', 'three', 'four'])
  // From now on it is one of three.
  await kill(id)
  const [next] = await cluster.elected(['F', 'G'])
  expect(await cluster.world.outcome(next.propose('five'))).toBe(5)
})

describe('an old member that comes back', () => {
  test('is refused, and stops: its data no longer counts', async () => {
    const a = await onlyA('one')
    const seen: NodeEvent[] = []
    a.on('HelloRefused', (event) => seen.push(event))
    const b = await cluster.start('B')
    const error = await cluster.world.outcome(b.closed)
    expect(error).toMatchObject({ code: 'ERR_CLUSTER_RECOVERED', retryable: false })
    expect(error?.message).toMatch(/^A is in a later generation .* without B/)
    expect(seen).toContainEqual(
      expect.objectContaining({ peer: 'B', by: 'A', refusal: 'earlier-generation' }),
    )
    cluster.nodes.delete('B')
    expect(await cluster.world.outcome(a.propose('two'))).toBe(2)
  })

  test('with another, a majority of the old cluster: neither is elected, nothing is committed', async () => {
    await onlyA('one')
    const elected: NodeEvent[] = []
    const back = [await cluster.start('B'), await cluster.start('C')]
    for (const node of back) node.on('BecameLeader', (event) => elected.push(event))
    const before = back.map((node) => node.status().commitIndex)
    for (const node of back)
      expect(codeOf(await cluster.world.outcome(node.closed))).toBe('ERR_CLUSTER_RECOVERED')
    expect(elected).toEqual([])
    expect(back.map((node) => node.status().commitIndex)).toEqual(before)
    for (const { id } of back) cluster.nodes.delete(id)
  })

  test('is told by the recovered one, too: whoever dials whom', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill('A', 'B', 'C')
    await recover('A')
    const b = await cluster.start('B')
    // B cannot reach A; A still knows, until it has applied the change, who its members were.
    cluster.network.cut('B', 'A')
    const a = await cluster.start('A')
    expect(codeOf(await cluster.world.outcome(b.closed))).toBe('ERR_CLUSTER_RECOVERED')
    cluster.nodes.delete('B')
    await cluster.elected(['A'])
    expect(a.status().generation).toBe(1)
  })

  test('on an empty storage is no member of the new generation, and cannot tell others that it is', async () => {
    const a = await onlyA('one')
    expect(await codeOfStart('B', { generation: 1 })).toBe('ERR_INVALID_OPTION')
    const wiped = new Disk(cluster.world).storage()
    const b = await cluster.start('B', { storage: wiped })
    expect(codeOf(await cluster.world.outcome(b.closed))).toBe('ERR_CLUSTER_RECOVERED')
    cluster.nodes.delete('B')
    expect(a.status().members.map(({ id }) => id)).toEqual(['A'])
  })

  const codeOfStart = (id: string, changed: object): Promise<unknown> =>
    cluster.start(id, changed).then(
      () => undefined,
      (error: { code: string }) => error.code,
    )
})

test('one that claims a later generation on a new storage does not stop the members that work', async () => {
  cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  const b = cluster.network.hello('B')
  const claim = { ...b, to: 'A', generation: 7, incarnation: 'ffffffffffffffff' }
  expect(cluster.network.admit('A', claim)).toBe('wrong-generation')
  const stranger = { ...claim, from: 'Z', incarnation: b.incarnation }
  expect(cluster.network.admit('A', stranger)).toBe('wrong-generation')
  await cluster.world.pass(1_000)
  expect(await cluster.world.outcome(leader.propose('one'))).toBe(1)
  await cluster.agreed()
})

test('what the old generation had under way changes nothing', async () => {
  cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  cluster.network.judge = () => 'hold'
  leader.propose('lost').catch(() => {})
  await cluster.world.pass(2_000)
  cluster.network.judge = () => 'pass'
  await kill('A', 'B', 'C')
  expect(cluster.network.held.length).toBeGreaterThan(10)
  await recover('A')
  const a = await cluster.start('A')
  const held = cluster.network.held.splice(0)
  cluster.network.release(held)
  await cluster.elected(['A'])
  const { lastIndex, term } = a.status()
  const words = [...cluster.words('A')]
  cluster.network.release(held)
  await cluster.world.pass(2_000)
  expect(a.status()).toMatchObject({ role: 'leader', lastIndex, term, commitIndex: lastIndex })
  expect(cluster.words('A')).toEqual(words)
})

describe('a recovery', () => {
  test('from a snapshot and the log behind it', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3, snapshotTrailingBytes: 1 })
    for (const id of 'ABC') await cluster.start(id)
    const [leader] = await cluster.elected([...'ABC'])
    for (const word of ['one', 'two']) await cluster.world.outcome(leader.propose(word))
    await cluster.agreed()
    const index = await cluster.world.outcome(cluster.node('A').takeSnapshot())
    await kill('A', 'B', 'C')
    const report = await recover('A')
    expect(report).toMatchObject({ snapshotIndex: index, lastIndex: index })
    expect(report.risks.map(({ code }) => code)).not.toContain('unacknowledged-entries-kept')
    const a = await cluster.start('A')
    await cluster.elected(['A'])
    await cluster.start('D', { generation: 1 })
    await cluster.world.outcome(a.changeMembership({ add: [{ id: 'D', address: 'D', role: 'voter' }] }))
    await cluster.agreed(['A', 'D'])
    expect(cluster.words('D')).toEqual(['one', 'two'])
  })

  test('gives up a change of the members that was under way, and a later reader of the log can follow', async () => {
    cluster = Cluster.prepare({ size: 5, voters: 3 })
    for (const id of 'ABCD') await cluster.start(id)
    const [leader] = await cluster.elected([...'ABC'])
    // The joint configuration reaches the followers; their answers do not come back.
    cluster.network.judge = ({ to }) => (to === leader.id && isJoint() ? 'drop' : 'pass')
    const isJoint = (): boolean => leader.status().members.some(({ outgoing }) => outgoing === true)
    leader
      .changeMembership({
        add: [{ id: 'D', address: 'D', role: 'voter' }],
        remove: ['B', 'C'].filter((id) => id !== leader.id).slice(0, 1),
      })
      .catch(() => {})
    const survivor = [...'ABC'].find((id) => id !== leader.id)!
    const knows = (): boolean =>
      cluster
        .node(survivor)
        .status()
        .members.some(({ outgoing }) => outgoing)
    await cluster.world.until('the joint configuration is in the log', knows)
    await kill(...'ABCD')
    cluster.network.judge = () => 'pass'
    const report = await recover(survivor)
    expect(report.joint).toBe(true)
    expect(report.risks.map(({ code }) => code)).toContain('change-abandoned')
    const node = await cluster.start(survivor)
    await cluster.elected([survivor])
    await cluster.start('E', { generation: 1 })
    const { members } = await cluster.world.outcome(
      node.changeMembership({ add: [{ id: 'E', address: 'E', role: 'voter' }] }),
    )
    expect(members.map(({ id, role }) => `${id} ${role}`)).toEqual([`${survivor} voter`, 'E voter'])
    await cluster.agreed([survivor, 'E'])
    expect(cluster.disk('E').log.length).toBe(cluster.disk(survivor).log.length)
  })

  test('is made once: a second one is refused, and changes nothing', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill('A', 'B', 'C')
    await recover('A')
    const { batches, generation } = cluster.disk('A')
    const written = batches.length
    expect(generation).toBe(1)
    await expect(recover('A')).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message:
        'A is the only voter and needs no other: the cluster was recovered already, and is in generation 1',
    })
    expect(cluster.disk('A').batches.length).toBe(written)
    // Of two that were recovered nobody is chosen: the harm is done.
    expect(() => chooseSurvivor([])).toThrow('nobody can be recovered')
  })

  test('that cannot be written leaves everything as it was', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill('A', 'B', 'C')
    const before = await assess('A')
    cluster.disk('A').failure = new Error('EIO')
    await expect(recover('A')).rejects.toThrow('EIO')
    cluster.disk('A').failure = undefined
    expect(await assess('A')).toEqual(before)
  })

  test('takes place where the member will listen', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill('A', 'B', 'C')
    const moved = recoverCluster({ ...on('A'), address: '10.0.0.9:7001' })
    await cluster.world.outcome(moved)
    expect((await assess('A')).members).toMatchObject([{ id: 'A', address: '10.0.0.9:7001' }])
  })

  test('is refused on an empty storage, one that was wiped, and one of no member', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3 })
    await expect(recover('A')).rejects.toMatchObject({ code: 'ERR_STORAGE_IDENTITY' })
    for (const id of 'ABCD') await cluster.start(id)
    await cluster.elected([...'ABC'])
    await kill(...'ABCD')
    await expect(recover('D')).rejects.toThrow('D is none of the members that its log tells of (A, B, C)')
  })

  test('is refused on a storage that was made after the member had lost its own', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3 })
    for (const id of 'ABCD') await cluster.start(id)
    const [leader] = await cluster.elected([...'ABC'])
    const add = [{ id: 'D', address: 'D', role: 'learner' as const }]
    await cluster.world.outcome(leader.changeMembership({ add }))
    await cluster.agreed()
    await kill(...'ABCD')
    const storage = cluster.disk('A').storage()
    const other: Storage = {
      ...storage,
      open: async (identity) => ({ ...(await storage.open(identity)), incarnation: 'ffffffffffffffff' }),
    }
    await expect(recoverCluster({ ...on('A'), storage: other })).rejects.toThrow(
      /^A is a member with another storage/,
    )
    expect((await assess('D')).risks.map(({ code }) => code)).toContain('learner')
    expect(chooseSurvivor([await assess('D'), await assess('A')]).id).toBe('A')
  })
})
