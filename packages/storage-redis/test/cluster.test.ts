import { defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryNetwork } from '@riverraft/transport-memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { redisStorage } from '../src/index.js'
import { describeWithRedis, RedisServer } from './redis-server.js'

const list = defineStateMachine({
  initial: { items: [] as string[] },
  apply: (state, item: string) => state.items.push(item),
})
type ListNode = RaftNode<string, number, { items: string[] }>

describeWithRedis('three nodes, each with a Redis of its own', () => {
  const ids = ['a', 'b', 'c'] as const
  type Id = (typeof ids)[number]
  const members: readonly Member[] = ids.map((id) => ({ id, address: id, role: 'voter' }))
  let network: ReturnType<typeof memoryNetwork>
  const servers = new Map<Id, RedisServer>()
  const nodes = new Map<Id, ListNode>()

  const start = async (id: Id): Promise<ListNode> => {
    const node = await RaftNode.start({
      id,
      clusterId: 'orders',
      members,
      transport: network.transport(),
      storage: redisStorage({ url: servers.get(id)!.url, prefix: `orders:${id}`, connectTimeoutMs: 2_000 }),
      stateMachine: list,
      // Three servers that sync, and other tests beside them.
      heartbeatMs: 100,
      electionTimeoutMsMin: 500,
      electionTimeoutMsMax: 1_000,
      requestTimeoutMs: 20_000,
      snapshotTrailingBytes: 1,
      snapshotChunkBytes: 500,
    })
    nodes.set(id, node)
    return node
  }

  const items = (node: ListNode, minIndex = 0): Promise<string[]> =>
    node.read(({ items }) => [...items], { consistency: 'local', minIndex })

  beforeEach(async () => {
    network = memoryNetwork()
    for (const id of ids) servers.set(id, await RedisServer.start())
    await Promise.all(ids.map(start))
  })

  afterEach(async () => {
    await Promise.all([...nodes.values()].map((node) => node.stop()))
    await Promise.all([...servers.values()].map((server) => server.remove()))
    nodes.clear()
    servers.clear()
  })

  test('a node that was away while the log went is sent the snapshot, and starts again from it', async () => {
    const said: string[] = []
    const say = async (from: Id, item: string): Promise<number> => {
      said.push(item)
      return (await nodes.get(from)!.proposeWithReceipt(item)).index
    }
    await items(nodes.get('b')!, await say('a', 'before'))
    await nodes.get('b')!.stop()
    let index = 0
    for (let n = 0; n < 20; n++) index = await say(n % 2 === 0 ? 'a' : 'c', `without b ${n}`)
    for (const id of ['a', 'c'] as const) {
      await items(nodes.get(id)!, index)
      await nodes.get(id)!.takeSnapshot()
    }
    const back = await start('b')
    const installed = new Promise((resolve) => back.on('SnapshotInstalled', resolve))
    await installed
    index = await say('b', 'behind the snapshot')
    for (const id of ids) expect(await items(nodes.get(id)!, index)).toEqual(said)
    expect(back.status().firstIndex).toBeGreaterThan(2)
    await back.stop()
    const again = await start('b')
    expect(again.status().snapshotIndex).toBeGreaterThan(2)
    index = await say('b', 'again')
    for (const id of ids) expect(await items(nodes.get(id)!, index)).toEqual(said)
  })

  test('a caller that repeats its own sequence after all restart from their snapshots gets the first answer', async () => {
    const session = { id: await nodes.get('a')!.openSession(), sequence: 1 }
    const first = await nodes.get('b')!.proposeWithReceipt('once', { session })
    let index = 0
    const said = Array.from({ length: 20 }, (_, n) => `later ${n}`)
    for (const item of said) index = (await nodes.get('c')!.proposeWithReceipt(item)).index
    for (const node of nodes.values()) {
      expect(await items(node, index)).toEqual(['once', ...said])
      await node.takeSnapshot()
    }
    await Promise.all([...nodes.values()].map((node) => node.stop()))
    await Promise.all(ids.map(start))
    for (const node of nodes.values()) {
      // What it ends before is not applied again, whether or not the log before it went in time.
      expect(node.status().snapshotIndex).toBeGreaterThanOrEqual(index)
      expect(await node.proposeWithReceipt('once', { session })).toEqual(first)
    }
    index = (await nodes.get('a')!.proposeWithReceipt('after')).index
    for (const node of nodes.values()) expect(await items(node, index)).toEqual(['once', ...said, 'after'])
  })

  test('a node whose Redis is killed stops; started again, it has its data and catches up', async () => {
    const said: string[] = []
    const say = async (from: Id, item: string): Promise<number> => {
      said.push(item)
      return (await nodes.get(from)!.proposeWithReceipt(item)).index
    }
    for (let n = 0; n < 20; n++) await say(ids[n % 3]!, `before ${n}`)
    const before = await items(nodes.get('b')!, await say('a', 'last before'))
    expect(before).toEqual(said)
    const { incarnation } = nodes.get('b')!.status()

    await servers.get('b')!.end('SIGKILL')
    const gone = nodes.get('b')!
    // It stays up as long as it needs no Redis; what it is sent, it must write.
    let index = 0
    for (let n = 0; n < 20; n++) index = await say(n % 2 === 0 ? 'a' : 'c', `without b ${n}`)
    await gone.stop()

    await servers.get('b')!.start()
    const back = await start('b')
    expect(back.status().incarnation).toBe(incarnation)
    expect(await items(back, index)).toEqual(said)
    index = await say('b', 'b is back')
    for (const id of ids) expect(await items(nodes.get(id)!, index)).toEqual(said)
  })

  test('all of them killed at once come back with everything that was acknowledged', async () => {
    const said = Array.from({ length: 30 }, (_, n) => `item ${n}`)
    for (const item of said) await nodes.get('a')!.propose(item)
    await Promise.all([...servers.values()].map((server) => server.end('SIGKILL')))
    await Promise.all([...nodes.values()].map((node) => node.stop()))
    await Promise.all([...servers.values()].map((server) => server.start()))
    await Promise.all(ids.map(start))
    const index = (await nodes.get('c')!.proposeWithReceipt('after')).index
    for (const id of ids) expect(await items(nodes.get(id)!, index)).toEqual([...said, 'after'])
  })

  test('a node that is started twice on one Redis: the first one stops and says why', async () => {
    await nodes.get('a')!.propose('one')
    const first = nodes.get('b')!
    const closed = first.closed
    const second = redisStorage({ url: servers.get('b')!.url, prefix: 'orders:b' })
    await second.open({ clusterId: 'orders', nodeId: 'b', members, incarnation: '00112233445566ff' })
    // Whoever leads, the first one must write this; if it leads, it takes the answer with it.
    const proposed = nodes
      .get('a')!
      .propose('two')
      .catch(() => {})
    expect(await closed).toMatchObject({ code: 'ERR_STORAGE_LOCKED' })
    await second.close()
    await proposed
  })
})
