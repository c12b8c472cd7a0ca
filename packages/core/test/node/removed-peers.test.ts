// Who is removed is no peer any more, at once when that is applied: not only when the members change the next time.
import { afterEach, expect, test } from 'vitest'
import { Cluster } from './harness/cluster.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

test('a removed node that heard nothing of it is neither dialled nor let in by anybody, once that is applied', async () => {
  cluster = await Cluster.start({ size: 4 })
  const [leader] = await cluster.elected()
  const gone = cluster.ids.find((id) => id !== leader.id)!
  const rest = cluster.ids.filter((id) => id !== gone)
  const hello = { ...cluster.network.hello(gone) }
  cluster.network.partition(rest, [gone])
  await cluster.world.outcome(leader.changeMembership({ remove: [gone] }))
  await cluster.agreed(rest)
  // The leader waits an election timeout for it to say that it knows.
  await cluster.world.pass(1_000)
  for (const id of rest) {
    expect(cluster.network.peersOf(id)).not.toContain(gone)
    const { address: _, ...unnamed } = hello
    expect(cluster.network.admit(id, { ...unnamed, to: id })).toBe('unknown-member')
  }
})

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
