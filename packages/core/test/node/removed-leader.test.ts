// A leader that is removed hands over (thesis §4.2.2): nobody waits for an election timeout.
import { afterEach, expect, test } from 'vitest'
import { Cluster } from './harness/cluster.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

test('a leader that is removed is heard until it hands over, though it waits for another that leaves', async () => {
  cluster = await Cluster.start({ size: 5 })
  const [leader, silent] = await cluster.elected()
  const rest = cluster.ids.filter((id) => id !== leader.id && id !== silent!.id)
  // It is removed, too, and says nothing: the leader gives it an election timeout.
  cluster.network.partition([leader.id, ...rest], [silent!.id])
  const campaigns: string[] = []
  for (const id of rest) cluster.node(id).on('BecamePreCandidate', () => campaigns.push(id))
  const removed = cluster.world.outcome(leader.changeMembership({ remove: [leader.id, silent!.id] }))
  await removed
  await cluster.elected(rest)
  expect(campaigns).toEqual([])
  await cluster.world.until('nobody knows it any more', () =>
    rest.every((id) => !cluster.network.peersOf(id).includes(leader.id)),
  )
  expect(await cluster.world.outcome(leader.closed)).toMatchObject({ code: 'ERR_REMOVED' })
})
