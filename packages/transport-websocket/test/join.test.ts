// Nodes that ask to be let into a cluster, over real WebSockets.
import { defineStateMachine, type NodeOptions, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { websocket } from '../src/index.js'
import { freePort } from './sockets.js'

type Node = RaftNode<number, number, { total: number }>
type Options = NodeOptions<number, number, { total: number }>

const sum = defineStateMachine({
  initial: { total: 0 },
  apply: (state, add: number) => (state.total += add),
})

const TIME = { timeoutMs: 20_000 }
const nodes: Node[] = []

afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false }))))

async function start(options: Partial<Options> & { id: string }): Promise<Node> {
  const node = await RaftNode.start({
    clusterId: 'garden',
    joinSecret: 'the secret of the garden',
    transport: websocket({ listen: 'ws://127.0.0.1:0/raft' }),
    storage: memoryStorage(),
    stateMachine: sum,
    ...options,
  })
  nodes.push(node)
  return node
}

async function first(): Promise<string> {
  const address = `ws://127.0.0.1:${await freePort()}/raft`
  const members = [{ id: 'a', address, role: 'voter' as const }]
  await start({ id: 'a', members, transport: websocket({ listen: address }) })
  return address
}

test('the first creates the cluster, the second asks it, the third asks the second', async () => {
  const address = await first()
  const b = await start({ id: 'b', join: { via: [address] } })
  await b.joined
  const c = await start({ id: 'c', join: { via: [b.status().address], role: 'learner' } })
  await c.joined
  expect(await c.propose(5, TIME)).toBe(5)
  expect(await c.read((state) => state.total, TIME)).toBe(5)
  const roles = c.status().members.map(({ id, role }) => `${id} ${role}`)
  expect(roles.sort()).toEqual(['a voter', 'b voter', 'c learner'])
})

test('guesses at the secret are counted by the machine they come from, not by the port', async () => {
  const address = await first()
  const heard: string[] = []
  const limited = new AbortController()
  nodes[0]!.on('JoinRefused', ({ refusal }) => {
    heard.push(refusal)
    if (refusal === 'too-many-attempts') limited.abort()
  })
  const join = { via: [address], signal: limited.signal }
  // Every connection has a port of its own.
  for (let i = 0; !limited.signal.aborted; i++) {
    const refused = start({ id: 'b', join, joinSecret: `guess number ${i} of many` })
    await expect(refused).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(JOIN_REFUSED|ABORTED)$/),
    })
  }
  expect(heard.length).toBeGreaterThan(10)
  expect(new Set(heard.slice(0, -1))).toEqual(new Set(['wrong-secret']))
})
