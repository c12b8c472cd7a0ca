// A member is removed, its disk is lost, and a node asks to be let in under its id. It is told whom the cluster began with, and
// reads of the time when another storage voted under that id: neither makes it that member.
import { afterEach, expect, test } from 'vitest'
import type { WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import { cluster, deafen, join, joined, roles, SECRET, start, stop } from './harness/joining.js'

afterEach(stop)

/** Its removal is committed, it has stopped, and its disk is another one. */
async function replaced(leader: WordsNode, id: string, ...others: string[]): Promise<void> {
  const { world } = cluster
  const stopped = world.outcome(cluster.node(id).closed)
  await world.outcome(leader.changeMembership({ remove: [id, ...others] }, { timeoutMs: 20_000 }))
  await stopped
  await cluster.kill(id)
  cluster.disks.set(id, new Disk(world))
  const there = [...cluster.nodes.keys()]
  await world.until(`${id} is forgotten`, () =>
    there.every((one) => !cluster.network.peersOf(one).includes(id)),
  )
}

/** By the leader's configuration. */
const named = (leader: WordsNode, id: string): string | undefined =>
  leader.status().members.find((member) => member.id === id && member.role === 'voter')?.incarnation

test('one of those the cluster began with is let in and promoted like any other', async () => {
  const leader = await start(3, 3)
  const id = [...'ABC'].find((other) => other !== leader.id)!
  await replaced(leader, id)
  const again = await joined(id, leader.id)
  expect(named(leader, id)).toBe(again.status().incarnation)
  expect(roles(leader)).toBe('A voter, B voter, C voter')
  // It knows that when it starts again, alone.
  await cluster.kill(id)
  const before = cluster.network.knocks.length
  const once = await joined(id, leader.id)
  expect(once.status().incarnation).toBe(again.status().incarnation)
  expect(cluster.network.knocks.length).toBe(before)
})

test('one that had joined has joined again when it votes itself, not when it reads that it once did', async () => {
  const leader = await start(4, 3)
  await joined('D', 'ABC')
  await cluster.world.outcome(leader.propose('one'))
  await replaced(leader, 'D')
  const again = await joined('D', 'ABC')
  expect(named(leader, 'D')).toBe(again.status().incarnation)
})

test('with nothing in its log it elects nobody who was away, and knows of its removal as little', async () => {
  const leader = await start(4, 3)
  const { network, world } = cluster
  const [away, id] = [...'ABC'].filter((other) => other !== leader.id) as [string, string]
  await cluster.kill(away)
  await joined('D', leader.id)
  await replaced(leader, id, away)
  await world.outcome(leader.propose('without them'))
  // Let in, and told nothing yet.
  deafen(id)
  await world.outcome(join(id, leader.id))
  expect(cluster.disk(id).log).toEqual([])
  network.judge = () => 'pass'
  network.partition([away, id], [leader.id, 'D'])
  const back = await cluster.start(away, { joinSecret: SECRET })
  const led: string[] = []
  back.on('BecameLeader', () => led.push(away))
  cluster.node(id).on('BecameLeader', () => led.push(id))
  await world.pass(10_000)
  expect(led).toEqual([])
})

test('the founder of a cluster that goes on without it founds no other on a new disk', async () => {
  const founder = await start(2)
  await joined('B', 'A')
  await cluster.world.outcome(founder.changeMembership({ remove: ['A'] }, { timeoutMs: 20_000 }))
  await cluster.world.outcome(founder.closed)
  await cluster.kill('A')
  await cluster.elected(['B'])
  cluster.disks.set('A', new Disk(cluster.world))
  deafen('A')
  const again = await cluster.world.outcome(join('A', 'B'))
  await cluster.world.pass(5_000)
  expect(again.status()).toMatchObject({ role: 'follower', term: 0 })
  cluster.network.judge = () => 'pass'
  await cluster.world.outcome(again.joined)
  expect(named(cluster.node('B'), 'A')).toBe(again.status().incarnation)
})
