// Real sockets and real directories: of three members one is left, recovered, and joined; an old majority that reaches it stops.
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assessRecovery, chooseSurvivor, type Member, RaftNode, recoverCluster } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import { tcp } from '@riverraft/transport-tcp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WORDS, type WordsNode } from '../cluster/nodes.js'

const nodes: WordsNode[] = []
let root: string
let members: Member[]

async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'riverraft-recovery-'))
  members = []
  for (const id of ['a', 'b', 'c']) members.push({ id, address: await freeAddress(), role: 'voter' })
})

afterEach(async () => {
  await stopAll()
  await rm(root, { recursive: true })
})

async function stopAll(): Promise<void> {
  await Promise.all(nodes.splice(0).map((node) => node.stop({ transfer: false })))
}

const storageOf = (id: string) => fileStorage({ directory: join(root, id), segmentBytes: 256 * 1024 })

async function start(id: string, address: string, generation = 0): Promise<WordsNode> {
  const node = await RaftNode.start({
    id,
    clusterId: 'words',
    members,
    join: !members.some((member) => member.id === id),
    generation,
    transport: tcp({ listen: address }),
    storage: storageOf(id),
    stateMachine: WORDS,
    // A busy machine is no reason for an election.
    electionTimeoutMsMin: 500,
    electionTimeoutMsMax: 1_000,
    requestTimeoutMs: 20_000,
  })
  nodes.push(node)
  return node
}

test('the best survivor goes on as the cluster, and two old members that reach it elect nobody', async () => {
  const [, b, c] = await Promise.all(members.map(({ id, address }) => start(id, address)))
  await c!.propose('one')
  await b!.propose('two')
  await stopAll()

  // What a member has applied its own disk need not have: whoever has all of it is found by asking all.
  const on = (id: string) => ({ storage: storageOf(id), id, clusterId: 'words' })
  const { id } = chooseSurvivor(await Promise.all(members.map((member) => assessRecovery(on(member.id)))))
  await recoverCluster(on(id))
  const recovered = await start(id, members.find((member) => member.id === id)!.address)
  expect(await recovered.propose('three')).toBe(3)
  const address = await freeAddress()
  const d = await start('d', address, recovered.status().generation)
  await recovered.changeMembership({ add: [{ id: 'd', address, role: 'voter' }] })
  expect(await d.read(({ words }) => words)).toEqual(['one', 'two', 'three'])

  const others = members.filter((member) => member.id !== id)
  const old = await Promise.all(others.map((member) => start(member.id, member.address)))
  const elected: string[] = []
  for (const node of old) node.on('BecameLeader', () => elected.push(node.id))
  for (const node of old) expect(await node.closed).toMatchObject({ code: 'ERR_CLUSTER_RECOVERED' })
  expect(elected).toEqual([])
  expect(await d.propose('four')).toBe(4)
})
