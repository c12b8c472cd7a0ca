// The recovery itself: from what it can be made, what it does with what it finds, and when it is refused.
import { afterEach, describe, expect, test } from 'vitest'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import { recoverCluster } from '../../src/node/lost-quorum/recover-cluster.js'
import type { Storage } from '../../src/ports/storage.js'
import { Cluster } from './harness/cluster.js'
import { assess, kill, on, recover } from './harness/survivor.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

describe('a recovery', () => {
  test('from a snapshot and the log behind it', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3, snapshotTrailingBytes: 1 })
    for (const id of 'ABC') await cluster.start(id)
    const [leader] = await cluster.elected([...'ABC'])
    for (const word of ['one', 'two']) await cluster.world.outcome(leader.propose(word))
    await cluster.agreed()
    const index = await cluster.world.outcome(cluster.node('A').takeSnapshot())
    await kill(cluster, 'A', 'B', 'C')
    const report = await recover(cluster, 'A')
    expect(report).toMatchObject({ snapshotIndex: index, lastIndex: index })
    expect(report.risks.map(({ code }) => code)).not.toContain('unacknowledged-entries-kept')
    const a = await cluster.start('A')
    await cluster.elected(['A'])
    await cluster.start('D', { generation: report.newGeneration })
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
    await kill(cluster, ...'ABCD')
    cluster.network.judge = () => 'pass'
    const report = await recover(cluster, survivor)
    expect(report.joint).toBe(true)
    expect(report.risks.map(({ code }) => code)).toContain('change-abandoned')
    const node = await cluster.start(survivor)
    await cluster.elected([survivor])
    await cluster.start('E', { generation: report.newGeneration })
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
    await kill(cluster, 'A', 'B', 'C')
    const { newGeneration } = await recover(cluster, 'A')
    const { batches, generation } = cluster.disk('A')
    const written = batches.length
    expect(generation).toBe(newGeneration)
    // It rises, and is nobody else's: of 2^32.
    expect(generation).toBeGreaterThan(1)
    expect(generation).toBeLessThanOrEqual(2 ** 32)
    await expect(recover(cluster, 'A')).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: `A is the only voter and needs no other: the cluster was recovered already, and is in generation ${generation}`,
    })
    expect(cluster.disk('A').batches.length).toBe(written)
    // Of two that were recovered nobody is chosen: the harm is done.
    expect(() => chooseSurvivor([])).toThrow('nobody can be recovered')
  })

  test('that cannot be written leaves everything as it was', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill(cluster, 'A', 'B', 'C')
    const before = await assess(cluster, 'A')
    cluster.disk('A').failure = new Error('EIO')
    await expect(recover(cluster, 'A')).rejects.toThrow('EIO')
    cluster.disk('A').failure = undefined
    expect(await assess(cluster, 'A')).toEqual(before)
  })

  test('takes place where the member will listen', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill(cluster, 'A', 'B', 'C')
    const moved = recoverCluster({ ...on(cluster, 'A'), address: '10.0.0.9:7001' })
    await cluster.world.outcome(moved)
    expect((await assess(cluster, 'A')).members).toMatchObject([{ id: 'A', address: '10.0.0.9:7001' }])
  })

  test('of a backup goes beyond every generation that is in use', async () => {
    cluster = await Cluster.start()
    await cluster.elected()
    await kill(cluster, 'A', 'B', 'C')
    const to = (generation: number) =>
      cluster.world.outcome(recoverCluster({ ...on(cluster, 'A'), generation }))
    for (const generation of [0, -1, 1.5, Number.NaN])
      await expect(to(generation)).rejects.toThrow(`generation must be an integer above 0, not ${generation}`)
    await expect(to(Number.MAX_SAFE_INTEGER)).rejects.toThrow(`no generation follows ${2 ** 53 - 1}`)
    expect((await assess(cluster, 'A')).generation).toBe(0)
    const inUse = 2 ** 40
    const { newGeneration } = await to(inUse + 1)
    expect(newGeneration).toBeGreaterThan(inUse)
    expect(newGeneration).toBeLessThanOrEqual(inUse + 2 ** 32)
    expect((await assess(cluster, 'A')).generation).toBe(newGeneration)
  })

  test('is refused on an empty storage, one that was wiped, and one of no member', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3 })
    await expect(recover(cluster, 'A')).rejects.toMatchObject({ code: 'ERR_STORAGE_EMPTY' })
    for (const id of 'ABCD') await cluster.start(id)
    await cluster.elected([...'ABC'])
    await kill(cluster, ...'ABCD')
    await expect(recover(cluster, 'D')).rejects.toThrow(
      'D is none of the members that its log tells of (A, B, C)',
    )
  })

  test('is refused on a storage that was made after the member had lost its own', async () => {
    cluster = Cluster.prepare({ size: 4, voters: 3 })
    for (const id of 'ABCD') await cluster.start(id)
    const [leader] = await cluster.elected([...'ABC'])
    const add = [{ id: 'D', address: 'D', role: 'learner' as const }]
    await cluster.world.outcome(leader.changeMembership({ add }))
    await cluster.agreed()
    await kill(cluster, ...'ABCD')
    const storage = cluster.disk('A').storage()
    const other: Storage = {
      ...storage,
      open: async (identity) => ({ ...(await storage.open(identity)), incarnation: 'ffffffffffffffff' }),
    }
    await expect(recoverCluster({ ...on(cluster, 'A'), storage: other })).rejects.toThrow(
      /^A is a member with another storage/,
    )
    expect((await assess(cluster, 'D')).risks.map(({ code }) => code)).toContain('learner')
    expect(chooseSurvivor([await assess(cluster, 'D'), await assess(cluster, 'A')]).id).toBe('A')
  })
})
