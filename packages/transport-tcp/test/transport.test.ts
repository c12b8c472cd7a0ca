// Real sockets on this machine. Every wait is for an event.
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { append, block, connect, helloOf, vote } from '@riverraft/conformance/transport'
import { afterEach, expect, test } from 'vitest'
import { Peer, type PeerOptions } from './peer.js'
import { helloBytes, Listener, relayTo } from './sockets.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

async function create(id: string, options?: PeerOptions): Promise<Peer> {
  const peer = await Peer.create(id, options)
  stops.push(() => peer.transport.close())
  return peer
}

async function listener<Kind extends Listener>(starting: Promise<Kind>): Promise<Kind> {
  const started = await starting
  stops.push(() => started.close())
  return started
}

/** A connection to the peer by somebody who is not a transport. */
async function intrude(peer: Peer): Promise<Socket> {
  const socket = connectSocket(Number(peer.address.split(':')[1]), '127.0.0.1')
  socket.on('error', () => {})
  stops.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const MIB = 1024 * 1024

test('a peer that does not read costs its queue and what the system buffers, not what is sent to it', async () => {
  const slow = await listener(
    Listener.start((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write(helloBytes(helloOf('b', 'a')))
      })
    }),
  )
  const a = await create('a', { queueBytesMax: 2 * MIB, keepAliveMissesMax: 1_000 })
  await a.listen(a.member, { id: 'b', address: slow.address, role: 'voter' })
  await a.until('up b')
  const one = block(1, MIB)
  const megabytesSent = 200
  for (let term = 1; term <= megabytesSent; term++) {
    a.transport.send('b', append(term, [one]))
    if (term % 10 === 0) await new Promise(setImmediate)
  }
  expect(a.takeTold().at(-1)).toBe('pressure true')
  const [socket] = slow.sockets
  let bytes = 0
  socket!.on('data', (chunk) => {
    bytes += chunk.length
  })
  socket!.resume()
  await a.until('pressure false')
  expect(bytes).toBeGreaterThan(MIB)
  expect(bytes).toBeLessThan((megabytesSent / 2) * MIB)
})

test('a connection that is cut is replaced', async () => {
  const [a, b] = [await create('a'), await create('b')]
  const relay = await listener(relayTo(b.address))
  await b.listen(a.member, b.member)
  await a.listen(a.member, { ...b.member, address: relay.address })
  await a.until('up b')
  relay.drop()
  await a.until(/^down b/)
  await a.until('up b')
  a.transport.send('b', vote(3))
  await b.until('frame 3 from a')
})

test('a connection on which nothing moves any more is given up and replaced', async () => {
  const [a, b] = [await create('a', { keepAliveMs: 20, keepAliveMissesMax: 3 }), await create('b')]
  const relay = await listener(relayTo(b.address))
  await b.listen(a.member, b.member)
  await a.listen(a.member, { ...b.member, address: relay.address })
  await a.until('up b')
  relay.freeze()
  await a.until('down b: the peer no longer answers')
  await a.until('up b')
})

test('who is no member is refused and told so', async () => {
  const [a, b, stranger] = [await create('a'), await create('b'), await create('x')]
  await connect(a, b)
  await stranger.listen(a.member, stranger.member)
  await stranger.until('refused: unknown-member')
  await a.until('diagnostic: refused x: unknown-member')
  a.transport.send('b', vote(1))
  await b.until('frame 1 from a')
})

test('another node at a member’s address is not taken for it', async () => {
  const [a, c] = [await create('a'), await create('c')]
  await c.listen(a.member, c.member)
  await a.listen(a.member, { id: 'b', address: c.address, role: 'voter' })
  await a.until('refused: wrong-target')
})

test.each([
  ['a web browser', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /bytes announced/],
  ['other bytes of a plausible length', '\x08\0\0\0notraft!', /wrong magic/],
  ['half a hello and then silence', '\x40\0\0\0RVRF', /no hello in time/],
])('%s is cut off with a reason, and the members go on', async (_, bytes, reason) => {
  const [a, b] = [await create('a', { helloTimeoutMs: 200 }), await create('b')]
  await connect(a, b)
  const intruder = await intrude(a)
  const closed = once(intruder, 'close')
  intruder.write(bytes, 'latin1')
  await a.until(reason)
  await closed
  b.transport.send('a', vote(1))
  await a.until('frame 1 from b')
})

test('close is idempotent, ends the connections, and nothing is delivered afterwards', async () => {
  const [a, b] = [await create('a'), await create('b')]
  await connect(a, b)
  const intruder = await intrude(a)
  const cut = once(intruder, 'close')
  b.transport.send('a', vote(1))
  const closing = a.transport.close()
  expect(a.transport.close()).toBe(closing)
  await closing
  await Promise.all([cut, b.until(/^down a/), b.until(/cannot connect: .*ECONNREFUSED/)])
  expect(a.frames).toEqual([])
  const again = await create('a', { address: a.address })
  expect(await again.listen(again.member)).toBe(a.address)
})
