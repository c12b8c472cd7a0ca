// Nodes that ask to be let into a cluster, over real sockets.
import { defineStateMachine, type NodeOptions, RaftNode, type Storage } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { tcp } from '../src/index.js'
import { freePort } from './sockets.js'

type Node = RaftNode<{ add: number }, number, { total: number }>
type Options = NodeOptions<{ add: number }, number, { total: number }>

const counter = defineStateMachine({
  initial: { total: 0 },
  apply: (state, command: { add: number }) => (state.total += command.add),
})

const SECRET = 'the secret of the garden'
const TIME = { timeoutMs: 20_000 }
const nodes: Node[] = []

afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false }))))

async function start(options: Partial<Options> & { id: string }): Promise<Node> {
  const node = await RaftNode.start({
    clusterId: 'garden',
    joinSecret: SECRET,
    transport: tcp({ listen: '127.0.0.1:0' }),
    storage: memoryStorage(),
    stateMachine: counter,
    ...options,
  })
  nodes.push(node)
  return node
}

/** The first node: the only member of its list. */
async function first(): Promise<[Node, string]> {
  const address = `127.0.0.1:${await freePort()}`
  const members = [{ id: 'a', address, role: 'voter' as const }]
  return [await start({ id: 'a', members, transport: tcp({ listen: address }) }), address]
}

test('the first creates the cluster, two others ask it, and all of them are voters', async () => {
  const [a, address] = await first()
  await a.propose({ add: 1 }, TIME)
  const b = await start({ id: 'b', join: { via: [address] } })
  await b.joined
  // Through a member that does not lead, and past an address where nobody is.
  const nobody = `127.0.0.1:${await freePort()}`
  const c = await start({ id: 'c', join: { via: [nobody, b.status().address] } })
  await c.joined
  expect(await c.propose({ add: 10 }, TIME)).toBe(11)
  expect(await b.read((state) => state.total, TIME)).toBe(11)
  const roles = c.status().members.map(({ id, role }) => `${id} ${role}`)
  expect(roles.sort()).toEqual(['a voter', 'b voter', 'c voter'])
})

test('a wrong secret is refused, and nothing is left open', async () => {
  const [a, address] = await first()
  await a.propose({ add: 1 }, TIME)
  const storage: Storage = memoryStorage()
  let closed = 0
  const watched = {
    ...bound(storage),
    close: async () => {
      closed++
      await storage.close()
    },
  }
  const refused = start({
    id: 'b',
    join: { via: [address] },
    joinSecret: 'another secret altogether',
    storage: watched,
  })
  await expect(refused).rejects.toMatchObject({ code: 'ERR_JOIN_REFUSED' })
  await expect(refused).rejects.toThrow(/wrong-secret/)
  expect(closed).toBe(1)
  expect(a.status().members.map(({ id }) => id)).toEqual(['a'])
})

function bound(storage: Storage): Storage {
  return {
    name: storage.name,
    durable: storage.durable,
    open: (identity) => storage.open(identity),
    write: (batch, completed) => storage.write(batch, completed),
    read: (from, bytesMax) => storage.read(from, bytesMax),
    saveSnapshot: (metadata, content) => storage.saveSnapshot(metadata, content),
    openSnapshot: () => storage.openSnapshot(),
    compact: (through) => storage.compact(through),
    close: () => storage.close(),
  }
}
