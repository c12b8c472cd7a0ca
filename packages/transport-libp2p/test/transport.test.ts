// Real libp2p nodes on this machine. Every wait is for an event.

import { once } from 'node:events'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { append, block, connect, vote } from '@riverraft/conformance/transport'
import { hasCode } from '@riverraft/core'
import { afterEach, expect, test } from 'vitest'
import { PROTOCOL } from '../src/index.js'
import { Peer, type PeerOptions } from './peer.js'

const started: Peer[] = []

async function start(options?: PeerOptions): Promise<Peer> {
  const peer = await Peer.start(options)
  started.push(peer)
  return peer
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.stop()))
})

const MIB = 1024 * 1024

test('listening tells an address that carries the PeerId', async () => {
  const a = await start()
  const address = await a.transport.listen(a, [a.member])
  expect(address).toMatch(new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${a.id}$`))
})

test('each direction has one stream, on whichever connections the two dials left', async () => {
  const [a, b] = [await start(), await start()]
  await connect(a, b)
  const streams = [a, b].map(({ libp2p }) =>
    libp2p
      .getConnections()
      .flatMap((connection) => connection.streams.filter(({ protocol }) => protocol === PROTOCOL)),
  )
  for (const own of streams)
    expect(own.map(({ direction }) => direction).sort()).toEqual(['inbound', 'outbound'])
})

test('an address without the PeerId does, and so does a connection that is already there', async () => {
  const [a, b] = [await start(), await start()]
  const connected = once(a.libp2p, 'connection:open')
  await Promise.all([connected, b.libp2p.dial(a.libp2p.getMultiaddrs())])
  const bare = b.address.replace(/\/p2p\/.*/, '')
  const members = [a.member, { ...b.member, address: bare }]
  await a.transport.listen(a, members)
  await b.transport.listen(b, members)
  await a.until(`up ${b.id}`)
  await b.until(`up ${a.id}`)
  expect(a.libp2p.getConnections()).toHaveLength(1)
})

test('beyond the queue frames are dropped, memory is not used', async () => {
  const [a, b] = [await start({ queueBytesMax: 2 * MIB }), await start()]
  await connect(a, b)
  const one = block(1, MIB)
  for (let term = 1; term <= 200; term++) a.transport.send(b.id, append(term, [one]))
  await a.until('pressure true')
  await a.until('pressure false')
  a.transport.send(b.id, vote(999))
  await b.until(`frame 999 from ${a.id}`)
  const arrived = b.frames.map(({ messages }) => messages[0]!.term)
  // One was written at once, one waited; which is what fits.
  expect(arrived).toEqual([1, 2, 999])
})

test('a connection lost under the streams is replaced', async () => {
  const [a, b] = [await start(), await start()]
  await connect(a, b)
  for (const connection of a.libp2p.getConnections()) connection.abort(new Error('cable'))
  await Promise.all([a.until(new RegExp(`^down ${b.id}`)), b.until(new RegExp(`^down ${a.id}`))])
  await Promise.all([a.until(`up ${b.id}`), b.until(`up ${a.id}`)])
  a.transport.send(b.id, vote(3))
  await b.until(`frame 3 from ${a.id}`)
})

test('a peer that moved is found under the address that discovery or identify learnt', async () => {
  const [a, b] = [await start(), await start()]
  await a.libp2p.peerStore.merge(b.libp2p.peerId, { multiaddrs: b.libp2p.getMultiaddrs() })
  // b does not know a and so does not dial it: being refused by b means that a has found it.
  await b.transport.listen(b, [b.member])
  await a.transport.listen(a, [a.member, { ...b.member, address: '/ip4/127.0.0.1/tcp/1' }])
  await a.until(/^diagnostic: cannot connect/)
  await a.until('refused: unknown-member')
})

test('of the streams that a member opens without end only a few are admitted', async () => {
  const [a, b] = [await start({ helloTimeoutMs: 1_000 }), await start()]
  await a.transport.listen(a, [a.member, b.member])
  const [connection] = await Promise.all([
    b.libp2p.dial(a.libp2p.getMultiaddrs()),
    once(a.libp2p, 'connection:open'),
  ])
  const streams = []
  for (let i = 0; i < 20; i++) streams.push(await connection.newStream(PROTOCOL).catch(() => undefined))
  for (const stream of streams) if (stream?.status === 'open') await once(stream, 'close')
  const admitted = a.told.filter((line) => line.includes('no hello in time'))
  expect(admitted).toHaveLength(8)
})

test('who is no member is refused and told so', async () => {
  const [a, b, stranger] = [await start(), await start(), await start()]
  await connect(a, b)
  await stranger.transport.listen(stranger, [a.member, stranger.member])
  await stranger.until('refused: unknown-member')
  await a.until(`diagnostic: refused ${stranger.id}: unknown-member`)
  a.transport.send(b.id, vote(1))
  await b.until(`frame 1 from ${a.id}`)
})

test('somebody else at a member’s address is not spoken to', async () => {
  const [a, b, other] = [await start(), await start(), await start()]
  await other.transport.listen(other, [other.member])
  const address = other.address.replace(/\/p2p\/.*/, '')
  await a.transport.listen(a, [a.member, { ...b.member, address }])
  await a.until(/^diagnostic: cannot connect/)
  expect(other.told).toEqual([])
})

test('members that are no PeerIds, foreign nodes and stopped nodes are refused at the start', async () => {
  const [a, b] = [await start(), await start()]
  const codeOf = (peer: Peer, members: Parameters<Peer['transport']['listen']>[1], host = peer) =>
    peer.transport.listen(host, members).then(
      () => 'listens',
      (error: unknown) => (error as { code: string }).code,
    )
  expect(await codeOf(a, [{ ...b.member, id: 'b' }])).toBe('ERR_INVALID_OPTION')
  expect(await codeOf(a, [{ ...b.member, address: '127.0.0.1:7001' }])).toBe('ERR_INVALID_OPTION')
  expect(await codeOf(a, [a.member], b)).toBe('ERR_INVALID_OPTION')
  await a.libp2p.stop()
  expect(await codeOf(a, [b.member])).toBe('ERR_LISTEN')
})

test('two transports on one libp2p node: the second cannot listen', async () => {
  const a = await start()
  await a.transport.listen(a, [a.member])
  const second = new Peer(a.libp2p, await generateKeyPair('Ed25519'), {})
  const error = await second.transport.listen(second, [a.member]).catch((reason: unknown) => reason)
  expect(hasCode(error, 'ERR_LISTEN')).toBe(true)
  await second.transport.close()
  expect(a.libp2p.getProtocols()).toContain(PROTOCOL)
})

test('close ends our streams and leaves the libp2p node as it was; nothing is delivered afterwards', async () => {
  const [a, b] = [await start(), await start()]
  await connect(a, b)
  b.transport.send(a.id, vote(1))
  await a.transport.close()
  expect(a.transport.close()).toBe(a.transport.close())
  await b.until(new RegExp(`^down ${a.id}`))
  await b.until(/could not negotiate|cannot connect/)
  expect(a.frames).toEqual([])
  expect(a.libp2p.getProtocols()).not.toContain(PROTOCOL)
  expect(a.libp2p.status).toBe('started')
  const streams = a.libp2p.getConnections().flatMap((connection) => connection.streams)
  expect(streams.filter(({ protocol }) => protocol === PROTOCOL)).toEqual([])
})
