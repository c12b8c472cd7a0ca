// A snapshot on a slow link (Raft §7): whatever of it is on its way keeps heartbeats waiting, and a follower that hears
// none campaigns.
import { expect, test } from 'vitest'
import type { NodeEvent } from '../../src/node/node-event.js'
import { type SlowSnapshot, slowSnapshot } from './harness/slow-snapshot.js'

/** Bytes per millisecond: 100 KB/s is 10 s for 1 MB. What a megabyte's chunk takes there is 70 election timeouts. */
test.each([50, 200, 1_000, 10_000])(
  'on a link of %d KB/s a follower gets it without ever campaigning, while the others go on',
  async (bytesPerMs) => {
    const slow = await slowSnapshot({ bytesPerMs, stateBytes: Math.min(bytesPerMs * 5_000, 8_000_000) })
    const { cluster, leader, lost } = slow
    const { term } = leader.status()
    cluster.network.heal()
    const disturbed = await campaigns(slow)
    const begun = cluster.world.now
    let live = 0
    while (cluster.installs === 0) {
      await cluster.world.outcome(leader.propose(`live ${++live}`))
      await cluster.world.pass(100)
    }
    const tookMs = cluster.world.now - begun
    await cluster.agreed()
    expect(disturbed).toEqual([])
    expect(leader.status().term).toBe(term)
    expect(live).toBeGreaterThan(5)
    expect(cluster.words(lost.id).at(-1)).toBe(`live ${live}`)
    expect(cluster.installs).toBe(1)
    // Careful is not idle.
    expect(tookMs).toBeLessThan((slow.stateBytes / bytesPerMs) * 1.5 + 500)
    await cluster.stop()
  },
  60_000,
)

test('a link that becomes slow in the middle: what is sent shrinks with it', async () => {
  const slow = await slowSnapshot({ bytesPerMs: 20_000, stateBytes: 16_000_000 })
  const { cluster, leader, lost } = slow
  cluster.network.heal()
  const disturbed = await campaigns(slow)
  const arrived = (): number =>
    leader.status().followers.find(({ id }) => id === lost.id)?.snapshot?.sentBytes ?? 0
  await cluster.world.until('it is at full speed', () => arrived() > 6_000_000)
  slow.bytesPerMs = 1_000
  await cluster.agreed()
  expect(disturbed).toEqual([])
  expect(cluster.words(lost.id)).toEqual(cluster.words(leader.id))
  await cluster.stop()
})

/** Who campaigns from when the lost one hears of the leader again. */
async function campaigns({ cluster, leader, lost }: SlowSnapshot): Promise<NodeEvent['type'][]> {
  await cluster.world.until('it follows the leader', () => lost.status().leaderId === leader.id)
  const seen: NodeEvent['type'][] = []
  for (const node of cluster.nodes.values()) {
    node.on('BecamePreCandidate', ({ type }) => seen.push(type))
    node.on('BecameCandidate', ({ type }) => seen.push(type))
  }
  return seen
}
