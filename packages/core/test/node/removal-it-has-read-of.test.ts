// A member starts again and is cut off: nobody tells it what is committed, but its log says so of all configurations but the last.
import { afterEach, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const D: Member = { id: 'D', address: 'D', role: 'voter' }

test('it stops nobody who comes back under the id of one whose removal it has read of', async () => {
  cluster = Cluster.prepare({ size: 4, voters: 3 })
  for (const id of 'ABC') await cluster.start(id)
  const [leader, , follower] = await cluster.elected([...'ABC'])
  const away = follower!.id
  const there = [...'ABC'].filter((id) => id !== away)
  const { network, world } = cluster
  const old = await cluster.start('D')
  await world.outcome(leader.changeMembership({ add: [D] }))
  // The entry that names its storage is the next one.
  await world.outcome(leader.changeMembership({ demote: ['D'] }))
  const stopped = world.outcome(old.closed)
  await world.outcome(leader.changeMembership({ remove: ['D'] }))
  await stopped
  await cluster.kill('D')
  cluster.disks.set('D', new Disk(world))
  await world.until('D is forgotten', () => there.every((id) => !network.peersOf(id).includes('D')))
  // No leader begins a change before the last one is committed (§6): this entry says so of the removal.
  await world.outcome(leader.changeMembership({ add: [{ id: 'E', address: 'E', role: 'learner' }] }))
  await cluster.agreed([...'ABC'])
  await cluster.kill(away)

  network.partition([away], there)
  const restarted = await cluster.start(away)
  expect(restarted.status()).toMatchObject({ commitIndex: 0, membersIndex: leader.status().membersIndex })
  const d = await cluster.start('D')
  const closed: unknown[] = []
  void d.closed.then((error) => closed.push(error))
  await world.outcome(leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 }))
  await world.pass(2_000)
  expect(closed).toEqual([])
  network.heal()
  await cluster.agreed([...'ABCD'])
})
