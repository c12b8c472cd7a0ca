// Nodes that ask to be let into a cluster, inside one process.
import { defineStateMachine, type NodeOptions, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { type MemoryNetwork, memoryNetwork } from '../src/index.js'

type Options = NodeOptions<number, number, { total: number }>

const sum = defineStateMachine({
  initial: { total: 0 },
  apply: (state, add: number) => (state.total += add),
})

const TIME = { timeoutMs: 20_000 }
const nodes: RaftNode<number, number, { total: number }>[] = []

afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false }))))

async function start(
  network: MemoryNetwork,
  id: string,
  options: Partial<Options>,
): Promise<RaftNode<number, number, { total: number }>> {
  const node = await RaftNode.start({
    id,
    clusterId: 'garden',
    joinSecret: 'the secret of the garden',
    transport: network.transport(),
    storage: memoryStorage(),
    stateMachine: sum,
    ...options,
  })
  nodes.push(node)
  return node
}

const founder = { members: [{ id: 'a', address: 'a', role: 'voter' as const }] }

test('the first creates the cluster, others ask it and each other, and become voters', async () => {
  const network = memoryNetwork()
  await start(network, 'a', founder)
  const b = await start(network, 'b', { join: { via: ['a'] } })
  const [c, d] = await Promise.all(
    ['c', 'd'].map((id) => start(network, id, { join: { via: ['nobody', 'b'] } })),
  )
  await Promise.all([b.joined, c!.joined, d!.joined])
  expect(await d!.propose(7, TIME)).toBe(7)
  const roles = c!.status().members.map(({ id, role }) => `${id} ${role}`)
  expect(roles.sort()).toEqual(['a voter', 'b voter', 'c voter', 'd voter'])
})

test('a cut is a cut for a knock, too: who asks waits, and gets in when it is healed', async () => {
  const network = memoryNetwork()
  await start(network, 'a', founder)
  network.cut('b', 'a')
  const soon = start(network, 'b', { join: { via: ['a'], timeoutMs: 200 } })
  await expect(soon).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  const later = start(network, 'b', { join: { via: ['a'] } })
  network.heal()
  await (await later).joined
})

test('a node that is stopped while it asks leaves nobody waiting', async () => {
  const network = memoryNetwork()
  const a = await start(network, 'a', founder)
  network.cut('a', 'b')
  const giving = new AbortController()
  const starting = start(network, 'b', { join: { via: ['a'], signal: giving.signal } })
  giving.abort()
  await expect(starting).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  expect(a.status().members.length).toBe(1)
})
