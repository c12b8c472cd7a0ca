// Nodes that ask to be let into a cluster, over real libp2p nodes: who they are is proved before they say it.
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { defineStateMachine, type Knock, type NodeOptions, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { createRaftLibp2p, libp2pTransport } from '../src/index.js'

type Node = RaftNode<number, number, { total: number }>
type Options = NodeOptions<number, number, { total: number }>

const sum = defineStateMachine({
  initial: { total: 0 },
  apply: (state, add: number) => (state.total += add),
})

const TIME = { timeoutMs: 20_000 }
const nodes: Node[] = []
const hosts: Libp2p[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false })))
  await Promise.all(hosts.splice(0).map((host) => host.stop()))
})

async function host(): Promise<Libp2p> {
  const privateKey = await generateKeyPair('Ed25519')
  const libp2p = await createRaftLibp2p({ privateKey, listen: '/ip4/127.0.0.1/tcp/0' })
  hosts.push(libp2p)
  return libp2p
}

const addressOf = (libp2p: Libp2p): string => libp2p.getMultiaddrs()[0]!.toString()
const idOf = (libp2p: Libp2p): string => libp2p.peerId.toString()

async function start(libp2p: Libp2p, options: Partial<Options>): Promise<Node> {
  const node = await RaftNode.start({
    id: idOf(libp2p),
    clusterId: 'garden',
    joinSecret: 'the secret of the garden',
    transport: libp2pTransport({ libp2p }),
    storage: memoryStorage(),
    stateMachine: sum,
    ...options,
  })
  nodes.push(node)
  return node
}

async function first(): Promise<Libp2p> {
  const libp2p = await host()
  await start(libp2p, { members: [{ id: idOf(libp2p), address: addressOf(libp2p), role: 'voter' }] })
  return libp2p
}

test('the first creates the cluster; others ask, with its PeerId in the address and without', async () => {
  const [a, b, c] = [await first(), await host(), await host()]
  const named = addressOf(a)
  expect(named).toContain(`/p2p/${idOf(a)}`)
  const second = await start(b, { join: { via: [named] } })
  await second.joined
  const third = await start(c, { join: { via: [named.replace(/\/p2p\/.*/, '')] } })
  await third.joined
  expect(await third.propose(5, TIME)).toBe(5)
  const roles = third.status().members.map(({ id, role }) => `${id} ${role}`)
  expect(roles.sort()).toEqual([a, b, c].map((libp2p) => `${idOf(libp2p)} voter`).sort())
})

test('a wrong secret is refused', async () => {
  const [a, b] = [await first(), await host()]
  const refused = start(b, { join: { via: [addressOf(a)] }, joinSecret: 'not that of the garden' })
  await expect(refused).rejects.toMatchObject({ code: 'ERR_JOIN_REFUSED' })
  await expect(refused).rejects.toThrow(/wrong-secret/)
})

test('nobody asks in another’s name: the connection says who it is', async () => {
  const [a, b, c] = [await first(), await host(), await host()]
  const transport = libp2pTransport({ libp2p: b })
  const knock = (...args: Parameters<NonNullable<typeof transport.knock>>): Promise<Knock> =>
    transport.knock!(...args)
  // What is said comes from b; the name in it is c's.
  const lying = { ...transport, knock, listen: async () => addressOf(b) }
  const refused = start(b, { id: idOf(c), transport: lying, join: { via: [addressOf(a)] } })
  await expect(refused).rejects.toThrow(/wrong-sender/)
})

test('an address that names somebody else is not asked', async () => {
  const [a, b, c] = [await first(), await host(), await host()]
  const wrong = addressOf(a).replace(idOf(a), idOf(c))
  const asked = start(b, { join: { via: [wrong], timeoutMs: 1_000 } })
  await expect(asked).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
})
