// A large snapshot over a slow line, with real sockets and their buffers: heartbeats go on beside it (openraft#1810).
import { defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { tcp } from '../src/index.js'
import { type SlowLine, slowLine } from './slow-line.js'
import { freePort } from './sockets.js'

type Node = RaftNode<string, number, { words: string[] }>

const list = defineStateMachine({
  initial: { words: [] as string[] },
  apply: ({ words }, word: string) => words.push(word),
})

const IDS = ['a', 'b', 'c'] as const
const TIME = { timeoutMs: 60_000 }
/** A megabyte a second: one chunk of the configured size takes an election timeout. */
const BYTES_PER_MS = 1_000
const WORD = 'w'.repeat(250_000)
const WORDS = 16

const nodes: Node[] = []
const lines: SlowLine[] = []

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false })))
  for (const line of lines.splice(0)) line.close()
})

/** Everybody's address as c sees it, and c's as the others do, is the other end of a slow line. */
async function start(id: string, ports: ReadonlyMap<string, number>, slow: ReadonlyMap<string, number>) {
  const members: Member[] = IDS.map((other) => {
    const isSlow = other !== id && (id === 'c' || other === 'c')
    return { id: other, address: `127.0.0.1:${(isSlow ? slow : ports).get(other)}`, role: 'voter' }
  })
  const node: Node = await RaftNode.start({
    id,
    clusterId: 'words',
    members,
    transport: tcp({ listen: `127.0.0.1:${ports.get(id)}` }),
    storage: memoryStorage(),
    stateMachine: list,
    // Machines that run tests are busy: an election for that reason proves nothing.
    heartbeatMs: 100,
    electionTimeoutMsMin: 1_000,
    electionTimeoutMsMax: 1_500,
    snapshotTrailingBytes: 1,
  })
  nodes.push(node)
  return node
}

test('its follower does not campaign, and the others go on', async () => {
  const ports = new Map<string, number>()
  const slow = new Map<string, number>()
  for (const id of IDS) {
    ports.set(id, await freePort())
    lines.push(await slowLine(ports.get(id)!, BYTES_PER_MS))
    slow.set(id, lines.at(-1)!.port)
  }
  const [a, b] = [await start('a', ports, slow), await start('b', ports, slow)]
  for (let i = 0; i < WORDS; i++) await a.propose(WORD, TIME)
  // The last block of the log stays: it is a small one.
  const { index } = await a.proposeWithReceipt('last', TIME)
  for (const node of [a, b]) {
    await node.read(() => undefined, { ...TIME, consistency: 'local', minIndex: index })
    await node.takeSnapshot()
  }
  const { term } = a.status()

  const c = await start('c', ports, slow)
  let campaigns = 0
  c.on('BecamePreCandidate', () => campaigns++)
  const heard = new Promise((resolve) => c.on('LeaderRecognized', resolve))
  const installed = new Promise<void>((resolve) => c.on('SnapshotInstalled', () => resolve()))
  await heard
  // Before it was connected it may have campaigned.
  campaigns = 0
  let isThere = false
  void installed.then(() => (isThere = true))
  let live = 0
  while (!isThere) await a.propose(`live ${++live}`, TIME)
  expect(campaigns).toBe(0)
  expect(a.status().term).toBe(term)
  const last = await c.proposeWithReceipt('by c', TIME)
  const words = await c.read((state) => [...state.words], {
    ...TIME,
    consistency: 'local',
    minIndex: last.index,
  })
  expect(words).toHaveLength(WORDS + 1 + live + 1)
}, 120_000)
