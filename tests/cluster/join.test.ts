// A cluster that grows by itself, on disks and sockets: created by the first, joined by others, one of which moves, one of which
// loses its disk.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NodeOptions, RaftNode } from '@riverraft/core'
import { fileStorage } from '@riverraft/storage-file'
import { tcp } from '@riverraft/transport-tcp'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../packages/transport-tcp/test/sockets.js'
import { WORDS, type Words, type WordsNode } from './nodes.js'

const TIME = { timeoutMs: 20_000 }
const running = new Map<string, WordsNode>()
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'riverraft-join-'))
})
afterEach(async () => {
  await Promise.all([...running.values()].map((node) => node.stop({ transfer: false })))
  running.clear()
})
afterAll(() => rm(directory, { recursive: true }))

async function start(id: string, options: Partial<NodeOptions<string, number, Words>>): Promise<WordsNode> {
  const node = await RaftNode.start({
    id,
    clusterId: 'garden',
    joinSecret: 'the secret of the garden',
    transport: tcp({ listen: '127.0.0.1:0' }),
    storage: fileStorage({ directory: join(directory, id) }),
    stateMachine: WORDS,
    ...options,
  })
  running.set(id, node)
  return node
}

async function stop(id: string): Promise<void> {
  await running.get(id)!.stop({ transfer: false })
  running.delete(id)
}

/** Resolves when the node's members are as wanted, and something was committed since. */
async function until(node: WordsNode, wanted: (text: string) => boolean): Promise<void> {
  const look = (): string =>
    node
      .status()
      .members.map(({ id, address, role }) => `${id} ${role} ${address}`)
      .sort()
      .join(', ')
  if (wanted(look())) return
  await new Promise<void>((resolve) => {
    const end = node.on('CommitAdvanced', () => {
      if (!wanted(look())) return
      end()
      resolve()
    })
  })
}

test('a first node, three that join it, one that comes back elsewhere, one that comes back with nothing', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const members = [{ id: 'a', address, role: 'voter' as const }]
  const a = await start('a', { members, transport: tcp({ listen: address }) })
  for (let i = 1; i <= 50; i++) await a.propose(`word ${i}`, TIME)
  const joining = await Promise.all(['b', 'c', 'd'].map((id) => start(id, { join: { via: [address] } })))
  await Promise.all(joining.map((node) => node.joined))
  expect(await joining[2]!.propose('from d', TIME)).toBe(51)

  // It listens on another port now, and says so.
  await stop('b')
  const b = await start('b', { join: { via: [address] } })
  const moved = b.status().address
  await until(a, (text) => text.includes(`b voter ${moved}`))
  await b.joined
  expect(await b.propose('from b', TIME)).toBe(52)

  // Its disk is gone: what it once promised is forgotten, and under its old id nobody may believe it.
  await stop('c')
  await rm(join(directory, 'c'), { recursive: true })
  const refused = start('c', { join: { via: [moved, address] } })
  await expect(refused).rejects.toMatchObject({ code: 'ERR_JOIN_REFUSED' })
  await expect(refused).rejects.toThrow(/under a new id.*id-taken/)
  const e = await start('e', { join: { via: [moved] } })
  await e.joined
  const leader = running.get(a.status().leaderId!)!
  await leader.changeMembership({ remove: ['c'] }, TIME)
  await until(e, (text) => !text.includes('c '))
  const roles = e.status().members.map(({ id, role }) => `${id} ${role}`)
  expect(roles.sort()).toEqual(['a voter', 'b voter', 'd voter', 'e voter'])
  expect(await e.propose('from e', TIME)).toBe(53)
  expect(await e.read(({ words }) => words.length, TIME)).toBe(53)
})

// Simulator, seed 4618: the newcomer sent its answers to where the leader had listened long ago.
test('a newcomer answers a leader that has moved since the beginning of the log', async () => {
  const [first, second] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const founder = { id: 'i', address: first, role: 'voter' as const }
  // Of several messages: the log that names the new address comes only after answers.
  const options = { members: [founder], messageBytesMax: 1_024 }
  const before = await start('i', { ...options, transport: tcp({ listen: first }) })
  for (let i = 1; i <= 20; i++) await before.propose('long '.repeat(80), TIME)
  await before.changeMembership({ add: [{ ...founder, address: second }] }, TIME)
  await stop('i')
  await start('i', { ...options, transport: tcp({ listen: second }) })
  const newcomer = await start('j', { join: { via: [second] }, messageBytesMax: 1_024 })
  await newcomer.joined
  expect(await newcomer.propose('from j', TIME)).toBe(21)
})

test('all of them stop and start again: nobody waits for anybody to be let in', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const addresses = new Map([['f', address]])
  for (const id of ['g', 'h']) addresses.set(id, `127.0.0.1:${await freePort()}`)
  const options = (id: string): Partial<NodeOptions<string, number, Words>> => ({
    ...(id === 'f' ? { members: [{ id, address, role: 'voter' }] } : { join: { via: [address] } }),
    transport: tcp({ listen: addresses.get(id)! }),
  })
  for (const id of addresses.keys()) await (await start(id, options(id))).joined
  await running.get('g')!.propose('before', TIME)
  for (const id of addresses.keys()) await stop(id)
  // The founder last: nobody answers at the address that the others were given.
  const g = await start('g', options('g'))
  const h = await start('h', options('h'))
  await Promise.all([g.joined, h.joined])
  expect(await h.propose('after', TIME)).toBe(2)
  await start('f', options('f'))
  expect(await running.get('f')!.read(({ words }) => words, TIME)).toEqual(['before', 'after'])
})
