// The command is run on two disks of one cluster, by mistake. That makes two clusters, and nobody can make it one again; but
// neither may take the other for its own.
import { afterEach, describe, expect, test } from 'vitest'
import type { NodeEvent } from '../../src/node/types.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { kill, recover } from './harness/survivor.js'
import { codeOf } from './harness/world.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

/** `id`, which was recovered, runs, has committed these words, and dials nobody any more. */
async function alone(id: string, ...words: string[]): Promise<WordsNode> {
  const node = await cluster.start(id)
  await cluster.elected([id])
  for (const word of words) await cluster.world.outcome(node.propose(word))
  await cluster.world.until(`${id} has left them`, () => cluster.network.peersOf(id).length === 0)
  return node
}

async function lost(seed: number): Promise<void> {
  cluster = await Cluster.start({ seed })
  const [leader] = await cluster.elected()
  await cluster.world.outcome(leader.propose('both'))
  await cluster.agreed()
  await kill(cluster, 'A', 'B', 'C')
}

/** What A and B have said to each other from now on. */
function exchanged(): () => string[] {
  const already = cluster.network.sent.length
  return () =>
    cluster.network.sent
      .slice(already)
      .filter(({ from, to }) => `${from}${to}` === 'AB' || `${from}${to}` === 'BA')
      .flatMap(({ from, to, frame }) => frame.messages.map(({ type }) => `${from}>${to} ${type}`))
}

// Which of the two gets the higher generation is chance: several seeds have both.
test.each([1, 2, 3, 4, 5, 6])(
  'two survivors of one cluster recovered separately exchange nothing but refusals, and nothing committed is cut: seed %i',
  async (seed) => {
    await lost(seed)
    await recover(cluster, 'A')
    await recover(cluster, 'B')
    const [ofA, ofB] = ['A', 'B'].map((id) => cluster.disk(id).generation)
    expect(ofA).not.toBe(ofB)
    const frames = exchanged()
    const a = await alone('A', 'only A', 'also A')
    const refusals: NodeEvent[] = []
    a.on('HelloRefused', (event) => refusals.push(event))

    // B still knows A when it starts, and says hello.
    const b = await cluster.start('B')
    await cluster.world.until('it is refused', () => refusals.length > 0)
    if (ofB! < ofA!) {
      expect(codeOf(await cluster.world.outcome(b.closed))).toBe('ERR_CLUSTER_RECOVERED')
      cluster.nodes.delete('B')
    } else {
      await cluster.elected(['B'])
      expect(await cluster.world.outcome(b.propose('only B'))).toBe(2)
      expect(cluster.words('B')).toEqual(['both', 'only B'])
    }
    expect(await cluster.world.outcome(a.propose('A goes on'))).toBe(4)
    expect(cluster.words('A')).toEqual(['both', 'only A', 'also A', 'A goes on'])
    expect(frames()).toEqual([])
  },
)

describe('of two that were recovered', () => {
  /** Both have committed words of their own, unseen by the other. */
  async function apart(): Promise<[low: string, high: string]> {
    await lost(1)
    for (const id of ['A', 'B']) await recover(cluster, id)
    const generation = (id: string): number => cluster.disk(id).generation
    const [low, high] = generation('A') < generation('B') ? ['A', 'B'] : ['B', 'A']
    cluster.network.partition(['A'], ['B'])
    await alone(low!, 'of the lower')
    await alone(high!, 'of the higher')
    return [low!, high!]
  }

  test('the lower, started again beside the higher, stops, and the higher goes on', async () => {
    const [low, high] = await apart()
    const frames = exchanged()
    const { lastIndex } = cluster.node(low).status()
    await kill(cluster, low)
    cluster.network.heal()
    // Its own log tells it of the other until it has applied what it holds.
    const again = await cluster.start(low)
    expect(codeOf(await cluster.world.outcome(again.closed))).toBe('ERR_CLUSTER_RECOVERED')
    cluster.nodes.delete(low)
    expect(cluster.disk(low).log.length).toBeGreaterThanOrEqual(lastIndex)
    expect(await cluster.world.outcome(cluster.node(high).propose('more'))).toBe(3)
    expect(cluster.words(high)).toEqual(['both', 'of the higher', 'more'])
    expect(frames()).toEqual([])
  })

  test('the higher, started again beside the lower, is a stranger to it: both go on', async () => {
    const [low, high] = await apart()
    const frames = exchanged()
    await kill(cluster, high)
    cluster.network.heal()
    const refusals: string[] = []
    cluster.node(low).on('HelloRefused', ({ peer, refusal }) => refusals.push(`${peer} ${refusal}`))
    await alone(high, 'more')
    expect(new Set(refusals)).toEqual(new Set([`${high} wrong-generation`]))
    expect(await cluster.world.outcome(cluster.node(low).propose('more'))).toBe(3)
    expect(cluster.words(low)).toEqual(['both', 'of the lower', 'more'])
    expect(cluster.words(high)).toEqual(['both', 'of the higher', 'more'])
    expect(frames()).toEqual([])
  })
})
