// Nodes on file storage: one restarts as the same member, with its data, and catches up.
import { defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryNetwork } from '@riverraft/transport-memory'
import { expect, test } from 'vitest'
import { fileStorage } from '../src/index.js'
import { FaultyDisk, systemError } from './harness/faulty-disk.js'
import { afterTest, quickDirectory } from './harness/helpers.js'

const words = defineStateMachine({
  initial: { words: [] as string[] },
  apply: (state, command: { word: string }) => state.words.push(command.word),
})
type Node = RaftNode<{ word: string }, number, { words: string[] }>

const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))

async function cluster(): Promise<{
  root: string
  nodes: Map<string, Node>
  start(id: string): Promise<Node>
}> {
  const network = memoryNetwork()
  const root = await quickDirectory()
  const nodes = new Map<string, Node>()
  const start = async (id: string): Promise<Node> => {
    const node = await RaftNode.start({
      id,
      clusterId: 'words',
      members,
      join: !members.some((member) => member.id === id),
      transport: network.transport(),
      storage: fileStorage({ directory: `${root}/${id}`, segmentBytes: 256 * 1024 }),
      stateMachine: words,
    })
    nodes.set(id, node)
    afterTest(() => node.stop())
    return node
  }
  for (const { id } of members) await start(id)
  return { root, nodes, start }
}

const wordsOf = (node: Node, minIndex: number): Promise<string[]> =>
  node.read((state) => [...state.words], { consistency: 'local', minIndex, timeoutMs: 20_000 })

test('a member that was stopped comes back with its log and learns what it missed', async () => {
  const { root, nodes, start } = await cluster()
  const expected: string[] = []
  const propose = async (node: Node, count: number): Promise<number> => {
    const receipts = await Promise.all(
      Array.from({ length: count }, (_, i) => {
        expected.push(`${node.id}${i}`)
        return node.proposeWithReceipt({ word: `${node.id}${i}` }, { timeoutMs: 20_000 })
      }),
    )
    return Math.max(...receipts.map(({ index }) => index))
  }
  const first = await propose(nodes.get('a')!, 200)
  await wordsOf(nodes.get('c')!, first)
  const { incarnation, term } = nodes.get('c')!.status()
  await nodes.get('c')!.stop()
  const second = await propose(nodes.get('a')!, 200)

  const storage = fileStorage({ directory: `${root}/c` })
  const found = await storage.open({ clusterId: 'words', nodeId: 'c', members: [], incarnation: '' })
  expect(found).toMatchObject({ incarnation, members })
  expect(found.hardState.currentTerm).toBeGreaterThanOrEqual(term)
  expect(found.runs.at(-1)!.lastIndex).toBeGreaterThanOrEqual(first)
  await storage.close()

  const back = await start('c')
  const all = await wordsOf(back, second)
  expect(all.toSorted()).toEqual(expected.toSorted())
  expect(all).toEqual(await wordsOf(nodes.get('a')!, second))
})

test('a whole cluster that was stopped comes back with everything it had acknowledged', async () => {
  const { nodes, start } = await cluster()
  for (let i = 0; i < 20; i++) await nodes.get('b')!.propose({ word: `w${i}` }, { timeoutMs: 20_000 })
  await Promise.all([...nodes.values()].map((node) => node.stop()))
  await Promise.all(members.map(({ id }) => start(id)))
  const words = await nodes.get('a')!.read((state) => [...state.words], { timeoutMs: 20_000 })
  expect(words).toEqual(Array.from({ length: 20 }, (_, i) => `w${i}`))
})

test('members that came and went are found again in the log, at the same index', async () => {
  const { root, nodes, start } = await cluster()
  const leading = async (): Promise<Node> => {
    await nodes.get('b')!.propose({ word: 'a leader is known' }, { timeoutMs: 20_000 })
    return nodes.get(nodes.get('b')!.status().leaderId!)!
  }
  await start('d')
  const leader = await leading()
  const gone = ['a', 'c'].find((id) => id !== leader.id)!
  const add: Member[] = [{ id: 'd', address: 'd', role: 'voter' }]
  const changed = await leader.changeMembership({ add, remove: [gone] }, { timeoutMs: 20_000 })
  expect(await nodes.get(gone)!.closed).toMatchObject({ code: 'ERR_REMOVED' })
  const last = await leader.proposeWithReceipt({ word: 'last' }, { timeoutMs: 20_000 })
  const rest = changed.members.map(({ id }) => id)
  expect(rest.toSorted()).toEqual(
    ['b', leader.id === 'b' ? (gone === 'a' ? 'c' : 'a') : leader.id, 'd'].toSorted(),
  )
  for (const id of rest) await wordsOf(nodes.get(id)!, last.index)
  await Promise.all(rest.map((id) => nodes.get(id)!.stop()))

  const storage = fileStorage({ directory: `${root}/d` })
  const { memberships } = await storage.open({
    clusterId: 'words',
    nodeId: 'd',
    members: [],
    incarnation: '',
  })
  // As a learner, joint, and alone.
  expect(memberships).toHaveLength(3)
  expect(memberships!.at(-1)).toBe(changed.index)
  await storage.close()

  for (const id of rest) {
    const { members: found, membersIndex } = (await start(id)).status()
    expect([found, membersIndex]).toEqual([changed.members, changed.index])
  }
  const words = await nodes.get('b')!.read((state) => [...state.words], { timeoutMs: 20_000 })
  expect(words.at(-1)).toBe('last')
})

test('a full disk ends a node with advice; when there is room again, everything acknowledged is there', async () => {
  const directory = await quickDirectory()
  const network = memoryNetwork()
  const disk = new FaultyDisk()
  const start = async (): Promise<Node> => {
    const node = await RaftNode.start({
      id: 'a',
      clusterId: 'words',
      members: members.slice(0, 1),
      transport: network.transport(),
      storage: fileStorage({ directory, segmentBytes: 64 * 1024, fileSystem: disk }),
      stateMachine: words,
    })
    afterTest(() => node.stop())
    return node
  }
  const node = await start()
  for (let i = 0; i < 5; i++) await node.propose({ word: `w${i}` }, { timeoutMs: 20_000 })
  disk.judge = ({ kind, name }) =>
    kind === 'write' && name.endsWith('.segment') ? systemError('ENOSPC') : undefined
  const refused = expect(node.propose({ word: 'lost' }, { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_(OUTCOME_UNKNOWN|STOPPED|STORAGE)$/),
  })
  expect(await node.closed).toMatchObject({
    code: 'ERR_STORAGE',
    message: expect.stringMatching(/The disk is full: free space and start again/),
    cause: { code: 'ENOSPC' },
  })
  await refused
  disk.judge = () => undefined
  const again = await start()
  const found = await again.read((state) => [...state.words], { timeoutMs: 20_000 })
  // What nobody was promised may have been written before the disk said no.
  expect(found.filter((word) => word !== 'lost')).toEqual(['w0', 'w1', 'w2', 'w3', 'w4'])
  await again.propose({ word: 'goes on' }, { timeoutMs: 20_000 })
})
