// Three real nodes. Nothing here is about Raft: it is that what WebSockets carry is enough for it.
import {
  defineStateMachine,
  type Member,
  RaftNode,
  type StateMachineFactory,
  type Transport,
  type TransportHost,
} from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { websocket } from '../src/index.js'
import { freePort } from './sockets.js'

type Add = { add: number }
type Total = { total: number }
type Node = RaftNode<Add, number, Total>

const counter: StateMachineFactory<Add, number, Total> = defineStateMachine({
  initial: { total: 0 },
  apply: (state, command: Add) => (state.total += command.add),
})

/** A transport that can be made to lose everything, in both directions, on links that stay up. */
class Lossy implements Transport {
  readonly name = 'lossy'
  readonly #transport: Transport
  losing = false

  constructor(transport: Transport) {
    this.#transport = transport
  }

  listen(host: TransportHost, members: readonly Member[]): Promise<string> {
    const receive: TransportHost['receive'] = (from, frame) => {
      if (!this.losing) host.receive(from, frame)
    }
    return this.#transport.listen({ ...host, receive }, members)
  }

  setMembers(members: readonly Member[]): void {
    this.#transport.setMembers(members)
  }

  send(...args: Parameters<Transport['send']>): void {
    if (!this.losing) this.#transport.send(...args)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}

let nodes: Node[] = []
const networks = new Map<string, Lossy>()

async function start(): Promise<void> {
  const members: Member[] = []
  for (const id of ['a', 'b', 'c'])
    members.push({ id, address: `ws://127.0.0.1:${await freePort()}/raft`, role: 'voter' })
  nodes = await Promise.all(
    members.map(({ id, address }) => {
      const transport = new Lossy(websocket({ listen: address }))
      networks.set(id, transport)
      const storage = memoryStorage()
      return RaftNode.start({ id, clusterId: 'counters', members, transport, storage, stateMachine: counter })
    }),
  )
}

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
})

/** The leader among these, as soon as there is one. */
function leaderOf(among: readonly Node[]): Promise<Node> {
  return new Promise((resolve) => {
    const already = among.find((node) => node.status().role === 'leader')
    if (already !== undefined) return resolve(already)
    for (const node of among) {
      const off = node.on('BecameLeader', () => {
        off()
        resolve(node)
      })
    }
  })
}

function others(node: Node): Node[] {
  return nodes.filter((other) => other !== node)
}

test('elect, commit on every member, and go on without their leader', async () => {
  await start()
  for (const node of nodes) await node.propose({ add: 1 })
  const leader = await leaderOf(nodes)
  const rest = others(leader)
  await leader.stop()
  await leaderOf(rest)
  for (const node of rest) await node.propose({ add: 1 })
  for (const node of rest) expect(await node.read(({ total }) => total)).toBe(5)
})

test('commit through changing leaders, and every member ends with the same state', async () => {
  await start()
  let expected = 0
  for (let round = 0; round < 4; round++) {
    const leader = await leaderOf(nodes)
    for (let i = 0; i < 20; i++) await leader.propose({ add: 1 })
    networks.get(leader.id)!.losing = true
    const successor = await leaderOf(others(leader))
    const receipts = await Promise.all(
      Array.from({ length: 50 }, () => successor.proposeWithReceipt({ add: 1 })),
    )
    expected += 70
    expect(receipts.at(-1)!.result).toBe(expected)
    networks.get(leader.id)!.losing = false
    // The one that was cut off has caught up, and follows.
    const minIndex = receipts.at(-1)!.index
    const total = await leader.read((state) => state.total, { consistency: 'local', minIndex })
    expect(total).toBe(expected)
  }
  for (const node of nodes) expect(await node.read(({ total }) => total)).toBe(expected)
})

test('payloads of half a megabyte, from many callers on every member', async () => {
  const bytesOf = defineStateMachine({
    initial: { bytes: 0 },
    apply: (state, command: { text: string }) => (state.bytes += command.text.length),
  })
  const members: Member[] = []
  for (const id of ['a', 'b', 'c'])
    members.push({ id, address: `ws://127.0.0.1:${await freePort()}/raft`, role: 'voter' })
  const loaded = await Promise.all(
    members.map(({ id, address }) =>
      RaftNode.start({
        id,
        clusterId: 'texts',
        // About payloads: on a busy machine no leader should be taken for lost meanwhile.
        electionTimeoutMsMin: 1_000,
        electionTimeoutMsMax: 2_000,
        members,
        transport: websocket({ listen: address }),
        storage: memoryStorage(),
        stateMachine: bytesOf,
      }),
    ),
  )
  try {
    const text = 'x'.repeat(500_000)
    const sums = await Promise.all(
      loaded.flatMap((node) =>
        Array.from({ length: 10 }, () => node.propose({ text }, { timeoutMs: 20_000 })),
      ),
    )
    expect(Math.max(...sums)).toBe(30 * text.length)
    for (const node of loaded) expect(await node.read(({ bytes }) => bytes)).toBe(30 * text.length)
  } finally {
    await Promise.all(loaded.map((node) => node.stop()))
  }
})
