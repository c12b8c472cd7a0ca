// A learner over real sockets: what its callers ask is answered as anywhere, before and after a snapshot brought it there.
import { defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { tcp } from '../src/index.js'
import { freePort } from './sockets.js'

type Node = RaftNode<string, number, { words: string[] }>

const list = defineStateMachine({
  initial: { words: [] as string[] },
  apply: ({ words }, word: string) => words.push(word),
})

const TIME = { timeoutMs: 20_000 }
const nodes: Node[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false })))
})

async function start(
  { id, address }: Pick<Member, 'id' | 'address'>,
  members: readonly Member[],
): Promise<Node> {
  const node = await RaftNode.start({
    id,
    clusterId: 'words',
    members,
    join: !members.some((member) => member.id === id),
    transport: tcp({ listen: address }),
    storage: memoryStorage(),
    stateMachine: list,
    leases: { clockDriftMax: 0.01 },
    // A busy machine is no reason for an election.
    electionTimeoutMsMin: 500,
    electionTimeoutMsMax: 1_000,
    snapshotTrailingBytes: 1,
    snapshotChunkBytes: 1_000,
  })
  nodes.push(node)
  return node
}

test('it is caught up by snapshot, reads in every way, and what it proposes is applied once', async () => {
  const members: Member[] = []
  for (const id of ['a', 'b', 'c'])
    members.push({ id, address: `127.0.0.1:${await freePort()}`, role: 'voter' })
  const [a] = await Promise.all(members.map((member) => start(member, members)))
  for (let i = 0; i < 50; i++) await a!.propose('w'.repeat(1_000), TIME)
  const { index } = await a!.proposeWithReceipt('last', TIME)
  for (const node of [...nodes]) {
    await node.read(() => undefined, { ...TIME, consistency: 'local', minIndex: index })
    await node.takeSnapshot()
  }

  const address = `127.0.0.1:${await freePort()}`
  const d = await start({ id: 'd', address }, members)
  const installed = new Promise((resolve) => d.on('SnapshotInstalled', resolve))
  // Asked while nobody knows it yet: answered when it is one of them.
  const early = d.propose('early', TIME)
  const leader = nodes.find((node) => node.status().role === 'leader')!
  await leader.changeMembership({ add: [{ id: 'd', address, role: 'learner' }] }, TIME)
  await installed
  expect(await early).toBe(52)

  for (let i = 0; i < 10; i++) {
    const place = await nodes[i % 3]!.propose(`by ${i}`, TIME)
    const read = d.read(({ words }) => words.length, {
      ...TIME,
      consistency: i % 2 ? 'lease' : 'linearizable',
    })
    expect(await read).toBe(place)
  }
  const told = await Promise.all(Array.from({ length: 20 }, (_, i) => d.proposeWithReceipt(`d ${i}`, TIME)))
  const minIndex = Math.max(...told.map((receipt) => receipt.index))
  const expected = await d.read(({ words }) => [...words], { ...TIME, consistency: 'local', minIndex })
  expect(expected.slice(62).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `d ${i}`).sort())
  for (const node of nodes)
    expect(await node.read(({ words }) => [...words], { ...TIME, minIndex })).toEqual(expected)
})
