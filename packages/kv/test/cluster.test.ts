// The store on real nodes: what the README promises.
import { type Member, RaftNode } from '@riverraft/core'
import { memoryStorage } from '@riverraft/storage-memory'
import { memoryNetwork } from '@riverraft/transport-memory'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Kv, type KvCommand, type KvResult, type KvState, kv } from '../src/index.js'
import { brief, take } from './helpers.js'

const members: Member[] = ['a', 'b', 'c'].map((id) => ({ id, address: id, role: 'voter' }))
let nodes: RaftNode<KvCommand, KvResult, KvState>[]
let stores: [Kv, Kv, Kv]

beforeEach(async () => {
  const network = memoryNetwork()
  nodes = await Promise.all(
    members.map(({ id }) =>
      RaftNode.start({
        id,
        clusterId: 'settings',
        members,
        transport: network.transport(),
        storage: memoryStorage(),
        stateMachine: kv(),
      }),
    ),
  )
  stores = nodes.map((node) => new Kv(node)) as [Kv, Kv, Kv]
})

afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
})

test('what is written on one node is read, compared and watched on any', async () => {
  const [a, b, c] = stores
  const { index } = await a.put('lights/kitchen', 'on')
  expect(await b.get('lights/kitchen')).toEqual({
    key: 'lights/kitchen',
    value: 'on',
    createdIndex: index,
    modifiedIndex: index,
  })
  expect((await c.get('lights/kitchen', { consistency: 'local', minIndex: index }))?.value).toBe('on')

  const tries = await Promise.all(stores.map((store, i) => store.cas('lock', null, `${i}`)))
  expect(tries.filter(({ succeeded }) => succeeded).length).toBe(1)

  const off = await b.delete('lights/kitchen')
  const watch = c.watch({ fromIndex: index, prefix: 'lights/' })
  expect(brief(await take(watch, 2))).toEqual([
    `put lights/kitchen=on @${index}`,
    `delete lights/kitchen @${off.index}`,
  ])
})

test('a watch that begins before a write on the same node sees it', async () => {
  for (const store of stores) {
    const watch = store.watch()
    const [change] = await Promise.all([take(watch, 1), store.put('a', 'x')])
    expect(change).toMatchObject([{ key: 'a', value: 'x' }])
    await watch.return()
  }
})

test('a watch ends when its node stops', async () => {
  const [a] = stores
  const watch = a.watch()
  await Promise.all([take(watch, 1), a.put('a', 'x')])
  const next = watch.next()
  await nodes[0]!.stop()
  expect((await next).done).toBe(true)
  await expect(a.watch().next()).rejects.toMatchObject({ code: 'ERR_STOPPED' })
})

test('an invalid command is refused at the caller, whatever its node', async () => {
  for (const store of stores)
    await expect(store.put('', 'x')).rejects.toMatchObject({ code: 'ERR_INVALID_COMMAND' })
})
