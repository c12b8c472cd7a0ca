import { once } from 'node:events'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { afterEach, expect, test } from 'vitest'
import { createRaftLibp2p, type RaftLibp2pOptions } from '../src/index.js'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

async function start(options: Partial<RaftLibp2pOptions> = {}): Promise<Libp2p> {
  const privateKey = await generateKeyPair('Ed25519')
  const node = await createRaftLibp2p({ privateKey, listen: '/ip4/127.0.0.1/tcp/0', ...options })
  nodes.push(node)
  return node
}

test('bootstrap addresses are connected to at the start', async () => {
  const a = await start()
  const connected = once(a, 'peer:connect')
  const b = await start({ bootstrap: a.getMultiaddrs().map(String) })
  const [event] = (await connected) as [CustomEvent<{ toString(): string }>]
  expect(event.detail.toString()).toBe(b.peerId.toString())
})

test('it announces what it is told to announce, and starts when told', async () => {
  const node = await start({ start: false, announce: ['/dns4/a.example/tcp/7001'] })
  expect(node.status).toBe('stopped')
  await node.start()
  expect(node.getMultiaddrs().map(String)).toEqual([`/dns4/a.example/tcp/7001/p2p/${node.peerId}`])
})
