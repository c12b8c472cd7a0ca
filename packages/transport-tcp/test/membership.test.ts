// Members that come and go over real sockets: who is new is dialled, who is gone is hung up on, who moved is found.
import { defineStateMachine, type Member, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { afterEach, expect, test } from 'vitest'
import { tcp } from '../src/index.js'
import { freePort } from './sockets.js'

type Node = RaftNode<{ add: number }, number, { total: number }>

const counter = defineStateMachine({
  initial: { total: 0 },
  apply: (state, command: { add: number }) => (state.total += command.add),
})

const TIME = { timeoutMs: 20_000 }
const nodes = new Map<string, Node>()
let first: Member[] = []

afterEach(async () => {
  await Promise.all([...nodes.values()].map((node) => node.stop({ transfer: false })))
  nodes.clear()
})

async function memberAt(id: string): Promise<Member> {
  return { id, address: `127.0.0.1:${await freePort()}`, role: 'voter' }
}

async function start({ id, address }: Member, join: boolean): Promise<void> {
  const node = await RaftNode.start({
    id,
    clusterId: 'counter',
    members: first,
    join,
    transport: tcp({ listen: address }),
    storage: memoryStorage(),
    stateMachine: counter,
  })
  nodes.set(id, node)
}

test('three are replaced by three others, one after the other, under load', async () => {
  first = await Promise.all(['a', 'b', 'c'].map(memberAt))
  const others = await Promise.all(['d', 'e', 'f'].map(memberAt))
  for (const member of first) await start(member, false)
  for (const member of others) await start(member, true)
  let total = await nodes
    .get('d')!
    .propose({ add: 0 }, TIME)
    .catch(() => 0)
  expect(total).toBe(0)
  for (const [i, member] of others.entries()) {
    const anybody = nodes.get('f')!
    const asked = i === 0 ? nodes.get('b')! : nodes.get('d')!
    await asked.propose({ add: 1 }, TIME)
    const leader = nodes.get(asked.status().leaderId!)!
    const leaves = leader.members.find(({ id }) => 'abc'.includes(id))!.id
    const change = leader.changeMembership({ add: [member], remove: [leaves] }, TIME)
    const { members } = await change
    expect(members.map(({ id }) => id)).toContain(member.id)
    expect(await nodes.get(leaves)!.closed).toMatchObject({ code: 'ERR_REMOVED' })
    nodes.delete(leaves)
    total = await nodes.get('d')!.propose({ add: 1 }, TIME)
    expect(anybody.status().stopped).toBe(false)
  }
  expect([...nodes.keys()].sort()).toEqual(['d', 'e', 'f'])
  expect(total).toBe(6)
  expect(await nodes.get('f')!.read((state) => state.total, TIME)).toBe(6)
})

test('an address that no connection can be made to is refused before it is in anybody’s log', async () => {
  first = [await memberAt('a')]
  await start(first[0]!, false)
  const a = nodes.get('a')!
  await a.propose({ add: 1 }, TIME)
  const wrong: Member = { id: 'd', address: 'nowhere', role: 'voter' }
  await expect(a.changeMembership({ add: [wrong] }, TIME)).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
  })
  expect(a.status().membersIndex).toBe(0)
})
