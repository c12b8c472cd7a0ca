// A majority is lost for good: one survivor becomes the cluster, in a new generation, and the old members form no second one.
import { afterEach, describe, expect, test } from 'vitest'
import { chooseSurvivor } from '../../src/node/lost-quorum/choose-survivor.js'
import type { NodeEvent } from '../../src/node/types.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import { assess, kill, recover } from './harness/survivor.js'
import { codeOf } from './harness/world.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

/** A, B and C, of which A alone is left, recovered, and has said so much. */
async function onlyA(...words: string[]): Promise<WordsNode> {
  cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  for (const word of words) await cluster.world.outcome(leader.propose(word))
  await cluster.agreed()
  await kill(cluster, 'A', 'B', 'C')
  await recover(cluster, 'A')
  const a = await cluster.start('A')
  await cluster.elected(['A'])
  // It dials nobody any more: who comes back has to hear it from a refusal.
  await cluster.world.until('A has left them', () => cluster.network.peersOf('A').length === 0)
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
  await kill(cluster, leader.id, ...others.map(({ id }) => id))
  cluster.network.heal()
  // Two of five can do nothing.
  await cluster.world.pass(3_000)
  expect(cluster.leaderAmong()).toBeUndefined()
  await kill(cluster, behind!.id, ahead!.id)

  const reports = [await assess(cluster, behind!.id), await assess(cluster, ahead!.id)]
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

  const { newGeneration, ...before } = await recover(cluster, id)
  expect(before).toEqual(report)
  const recovered = await cluster.start(id)
  await cluster.elected([id])
  expect(cluster.words(id)).toEqual(['one', 'two'])
  const { members, generation, term, incarnation } = recovered.status()
  expect(members).toEqual([{ id, address: id, role: 'voter', incarnation }])
  expect(generation).toBe(newGeneration)
  // Beyond any term that the lost ones may have had: a fencing token is never given twice.
  expect(term).toBeGreaterThan(report.currentTerm + 1_000_000)
  expect(await cluster.world.outcome(recovered.propose('three'))).toBe(3)

  for (const joining of 'FG') await cluster.start(joining, { generation })
  const add = [...'FG'].map((joining) => ({ id: joining, address: joining, role: 'voter' as const }))
  await cluster.world.outcome(recovered.changeMembership({ add }))
  await cluster.agreed([id, 'F', 'G'])
  expect(await cluster.world.outcome(cluster.node('G').propose('four'))).toBe(4)
  await cluster.agreed([id, 'F', 'G'])
  expect(cluster.words('F')).toEqual(['one', 'two', 'three', 'four'])
  // From now on it is one of three.
  await kill(cluster, id)
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
    await kill(cluster, 'A', 'B', 'C')
    await recover(cluster, 'A')
    const b = await cluster.start('B')
    // B cannot reach A; A still knows, until it has applied the change, who its members were.
    cluster.network.cut('B', 'A')
    const a = await cluster.start('A')
    expect(codeOf(await cluster.world.outcome(b.closed))).toBe('ERR_CLUSTER_RECOVERED')
    cluster.nodes.delete('B')
    await cluster.elected(['A'])
    expect(a.status().generation).toBe(cluster.disk('A').generation)
  })

  test('on an empty storage is no member of the new generation, and cannot tell others that it is', async () => {
    const a = await onlyA('one')
    expect(await codeOfStart('B', { generation: a.status().generation })).toBe('ERR_INVALID_OPTION')
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
  await kill(cluster, 'A', 'B', 'C')
  expect(cluster.network.held.length).toBeGreaterThan(10)
  await recover(cluster, 'A')
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
