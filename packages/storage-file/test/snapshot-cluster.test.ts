// Nodes on file storage whose logs are compacted: what is restarted, and who was away, has everything all the same.
import { defineStateMachine, type Member, type NodeLimits, RaftNode } from '@riverraft/core'
import { memoryNetwork } from '@riverraft/transport-memory'
import { expect, test } from 'vitest'
import { fileStorage } from '../src/index.js'
import { afterTest, quickDirectory } from './harness/helpers.js'

const words = defineStateMachine({
  initial: { words: [] as string[] },
  apply: (state, command: { word: string }) => state.words.push(command.word),
})
type Node = RaftNode<{ word: string }, number, { words: string[] }>

const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))
const LIMITS: NodeLimits = { snapshotTrailingBytes: 1_000, snapshotChunkBytes: 1_000 }

async function cluster(): Promise<{ nodes: Map<string, Node>; start(id: string): Promise<Node> }> {
  const network = memoryNetwork()
  const root = await quickDirectory()
  const nodes = new Map<string, Node>()
  const start = async (id: string): Promise<Node> => {
    const node = await RaftNode.start({
      id,
      clusterId: 'words',
      members,
      transport: network.transport(),
      storage: fileStorage({ directory: `${root}/${id}`, segmentBytes: 4_096 }),
      stateMachine: words,
      ...LIMITS,
    })
    nodes.set(id, node)
    afterTest(() => node.stop())
    return node
  }
  for (const { id } of members) await start(id)
  return { nodes, start }
}

const wordsOf = (node: Node, minIndex: number): Promise<string[]> =>
  node.read((state) => [...state.words], { consistency: 'local', minIndex, timeoutMs: 20_000 })

async function propose(node: Node, expected: string[], count: number): Promise<number> {
  let last = 0
  for (let i = 0; i < count; i++) {
    const word = `${node.id} ${expected.length} ${'w'.repeat(40)}`
    expected.push(word)
    last = (await node.proposeWithReceipt({ word }, { timeoutMs: 20_000 })).index
  }
  return last
}

test('a member that was away while the log went is sent the snapshot, and all restart from theirs', async () => {
  const { nodes, start } = await cluster()
  const expected: string[] = []
  const first = await propose(nodes.get('a')!, expected, 20)
  await wordsOf(nodes.get('c')!, first)
  await nodes.get('c')!.stop()
  const second = await propose(nodes.get('a')!, expected, 200)
  for (const id of ['a', 'b']) {
    await wordsOf(nodes.get(id)!, second)
    await nodes.get(id)!.takeSnapshot()
  }
  const third = await propose(nodes.get('b')!, expected, 5)
  const back = await start('c')
  const installed = new Promise<number>((resolve) => {
    back.on('SnapshotInstalled', ({ lastIncludedIndex }) => resolve(lastIncludedIndex))
  })
  expect(await installed).toBeGreaterThanOrEqual(second)
  expect(await wordsOf(back, third)).toEqual(expected)
  expect(back.status().firstIndex).toBeGreaterThan(first)

  const { incarnation } = back.status()
  for (const node of nodes.values()) await node.stop()
  for (const { id } of members) await start(id)
  expect(nodes.get('c')!.status()).toMatchObject({ incarnation })
  expect(nodes.get('c')!.status().snapshotIndex).toBeGreaterThanOrEqual(second)
  const last = await propose(nodes.get('c')!, expected, 1)
  for (const node of nodes.values()) expect(await wordsOf(node, last)).toEqual(expected)
})

test('a caller that repeats its own sequence after all restart from their snapshots gets the first answer', async () => {
  const { nodes, start } = await cluster()
  const time = { timeoutMs: 20_000 }
  const session = { id: await nodes.get('a')!.openSession(time), sequence: 1 }
  const first = await nodes.get('b')!.proposeWithReceipt({ word: 'once' }, { ...time, session })
  const expected = ['once']
  const last = await propose(nodes.get('c')!, expected, 60)
  for (const node of nodes.values()) {
    expect(await wordsOf(node, last)).toEqual(expected)
    await node.takeSnapshot()
  }
  for (const node of nodes.values()) await node.stop()
  for (const { id } of members) await start(id)
  for (const node of nodes.values()) {
    // What it ends before is not applied again, whether or not the log before it went in time.
    expect(node.status().snapshotIndex).toBeGreaterThanOrEqual(last)
    expect(await node.proposeWithReceipt({ word: 'once' }, { ...time, session })).toEqual(first)
  }
  const after = await propose(nodes.get('a')!, expected, 1)
  for (const node of nodes.values()) expect(await wordsOf(node, after)).toEqual(expected)
})

test('segments that a snapshot replaces are gone from the disk', async () => {
  const root = await quickDirectory()
  const storage = fileStorage({ directory: `${root}/a`, segmentBytes: 4_096 })
  const node = await RaftNode.start({
    id: 'a',
    clusterId: 'alone',
    members: [{ id: 'a', address: 'a', role: 'voter' }],
    transport: memoryNetwork().transport(),
    storage,
    stateMachine: words,
    ...LIMITS,
  })
  afterTest(() => node.stop())
  const expected: string[] = []
  await propose(node, expected, 200)
  const before = storage.stats().segments
  expect(before).toBeGreaterThan(5)
  await node.takeSnapshot()
  await propose(node, expected, 1)
  const { firstIndex } = node.status()
  expect(firstIndex).toBeGreaterThan(150)
  await storage.compact(firstIndex)
  expect(storage.stats().segments).toBeLessThan(before / 2)
})
