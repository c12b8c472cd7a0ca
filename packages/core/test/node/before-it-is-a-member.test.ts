// Whoever asks to be a member loses its disk before it is one: it has promised nothing yet, and comes with another storage.
import { afterEach, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const D: Member = { id: 'D', address: 'D', role: 'voter' }
const OTHERS = [...'ABC']

/** D has said hello to all others and none of them has reached it: nobody is told when it is gone. */
async function metAndGone(): Promise<WordsNode> {
  cluster = Cluster.prepare({ size: 4, voters: 3 })
  for (const id of OTHERS) await cluster.start(id)
  const [leader] = await cluster.elected(OTHERS)
  for (const id of OTHERS) cluster.network.cut(id, 'D')
  await cluster.start('D')
  const { network, world } = cluster
  await world.until('everybody has met D', () => OTHERS.every((id) => network.peersOf(id).includes('D')))
  // The hello after the one that made it known.
  await world.pass(100)
  await cluster.kill('D')
  cluster.disks.set('D', new Disk(world))
  network.heal()
  return leader
}

test('it asks again, and is no wiped member', async () => {
  const leader = await metAndGone()
  const again = await cluster.start('D')
  const { members } = await cluster.world.outcome(
    leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 }),
  )
  const { incarnation } = again.status()
  expect(members.find(({ id }) => id === 'D')).toMatchObject({ role: 'voter', incarnation })
})

test('it is added while it is away: the storage that it comes with is the right one', async () => {
  const leader = await metAndGone()
  const change = leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 })
  await cluster.world.until('it is a learner', () =>
    leader.status().members.some(({ id, role }) => id === 'D' && role === 'learner'),
  )
  await cluster.world.pass(100)
  const again = await cluster.start('D')
  const { members } = await cluster.world.outcome(change)
  const { incarnation } = again.status()
  expect(members.find(({ id }) => id === 'D')).toMatchObject({ role: 'voter', incarnation })
})
