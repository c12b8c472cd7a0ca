// Who was removed is left alone: nobody stays connected to somebody who is no member.
import { expect, test } from 'vitest'
import { Cluster } from './harness/cluster.js'

test('a removal that is applied ends the links to whom it removed, on leader and follower', async () => {
  const cluster = await Cluster.start()
  const [leader, follower, removed] = await cluster.elected()
  await cluster.world.outcome(leader.changeMembership({ remove: [removed!.id] }))
  await cluster.world.outcome(removed!.closed)
  cluster.nodes.delete(removed!.id)
  for (const [node, other] of [
    [leader, follower!],
    [follower!, leader],
  ] as const) {
    const hasLeft = (): boolean => cluster.network.peersOf(node.id).join() === other.id
    await cluster.world.until(`${node.id} knows only ${other.id}`, hasLeft)
    // Nor may it come back by itself.
    const hello = { ...cluster.network.hello(other.id), from: removed!.id, to: node.id }
    expect(cluster.network.admit(node.id, hello)).toBe('unknown-member')
  }
  await cluster.stop()
})
