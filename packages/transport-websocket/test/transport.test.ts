// Real sockets on this machine. Every wait is for an event.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, connect as connectSocket, type Socket } from 'node:net'
import { append, block, connect, helloOf, vote } from '@riverraft/conformance/transport'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { PROTOCOL } from '../src/index.js'
import { MESSAGE_BYTES_MAX } from '../src/protocol.js'
import { Peer, type PeerOptions } from './peer.js'
import { helloBytes, type Listener, relayTo } from './sockets.js'

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
  const socket = connectSocket(Number(new URL(peer.address).port), '127.0.0.1')
  socket.on('error', () => {})
  stops.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const MIB = 1024 * 1024

test('a peer that does not read costs its queue and what the system buffers, not what is sent to it', async () => {
  const slow = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => PROTOCOL })
  stops.push(() => slow.close())
  await once(slow, 'listening')
  let socket: WebSocket | undefined
  slow.on('connection', (ws) => {
    socket = ws
    ws.once('message', () => {
      ws.pause()
      ws.send(helloBytes(helloOf('b', 'a')))
    })
  })
  const a = await create('a', { queueBytesMax: 2 * MIB, keepAliveMissesMax: 1_000 })
  const { port } = slow.address() as AddressInfo
  await a.listen(a.member, { id: 'b', address: `ws://127.0.0.1:${port}`, role: 'voter' })
  await a.until('up b')
  const one = block(1, MIB)
  const megabytesSent = 200
  for (let term = 1; term <= megabytesSent; term++) {
    a.transport.send('b', append(term, [one]))
    if (term % 10 === 0) await new Promise(setImmediate)
  }
  expect(a.takeTold().at(-1)).toBe('pressure true')
  let bytes = 0
  let longest = 0
  socket!.on('message', (message: Buffer) => {
    bytes += message.length
    longest = Math.max(longest, message.length)
  })
  socket!.resume()
  await a.until('pressure false')
  expect(bytes).toBeGreaterThan(MIB)
  expect(bytes).toBeLessThan((megabytesSent / 2) * MIB)
  expect(longest).toBe(MESSAGE_BYTES_MAX)
  socket!.terminate()
})

test('a connection that is cut is replaced', async () => {
  const [a, b] = [await create('a'), await create('b')]
  const relay = await listener(relayTo(new URL(b.address).host))
  await b.listen(a.member, b.member)
  await a.listen(a.member, { ...b.member, address: `ws://${relay.address}/raft` })
  await a.until('up b')
  relay.drop()
  await a.until(/^down b/)
  await a.until('up b')
  a.transport.send('b', vote(3))
  await b.until('frame 3 from a')
})

test('a connection on which nothing moves any more is given up and replaced', async () => {
  const [a, b] = [await create('a', { keepAliveMs: 20, keepAliveMissesMax: 3 }), await create('b')]
  const relay = await listener(relayTo(new URL(b.address).host))
  await b.listen(a.member, b.member)
  await a.listen(a.member, { ...b.member, address: `ws://${relay.address}/raft` })
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
  ['a web browser', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', '426'],
  ['a TCP transport', '\x20\0\0\0RVRF\x01\x01\x01', '400'],
  ['a WebSocket at another path', upgrade('/chat', PROTOCOL), '404'],
  ['a WebSocket of another kind', upgrade('/raft', 'graphql-ws'), '400'],
  ['a WebSocket of no kind', upgrade('/raft'), '400'],
])('%s is answered with the status that says so, and the members go on', async (_, bytes, status) => {
  const [a, b] = [await create('a'), await create('b')]
  await connect(a, b)
  const intruder = await intrude(a)
  const closed = once(intruder, 'close')
  let answer = ''
  intruder.on('data', (chunk) => {
    answer += chunk.toString()
  })
  intruder.write(bytes, 'latin1')
  await closed
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  b.transport.send('a', vote(1))
  await a.until('frame 1 from b')
})

function upgrade(path: string, ...protocols: string[]): string {
  const headers = [
    'Host: a',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
    ...protocols.map((protocol) => `Sec-WebSocket-Protocol: ${protocol}`),
  ]
  return `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`
}

test.each([
  ['a text message', 'hello', 1003, /a text message/],
  ['bytes that are no hello', Buffer.from('\x08\0\0\0notraft!', 'latin1'), 1006, /wrong magic/],
  ['a message that is too long', Buffer.alloc(MESSAGE_BYTES_MAX + 1), 1009, /Max payload size exceeded/],
  ['half a hello and then silence', Buffer.from('\x40\0\0\0RVRF', 'latin1'), 1006, /no hello in time/],
])('%s: the connection is closed with a reason, and the members go on', async (_, message, code, reason) => {
  const [a, b] = [await create('a', { helloTimeoutMs: 200 }), await create('b')]
  await connect(a, b)
  const intruder = new WebSocket(a.address, [PROTOCOL])
  intruder.on('error', () => {})
  await once(intruder, 'open')
  const closed = once(intruder, 'close')
  intruder.send(message)
  await a.until(reason)
  expect((await closed)[0]).toBe(code)
  b.transport.send('a', vote(1))
  await a.until('frame 1 from b')
})

test('a server that is no member, or no WebSocket at all, is not spoken to', async () => {
  const chat = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'chat' })
  stops.push(() => chat.close())
  await once(chat, 'listening')
  const a = await create('a')
  const address = `ws://127.0.0.1:${(chat.address() as AddressInfo).port}`
  const web = createHttpServer((_request, response) => response.writeHead(200).end('hello'))
  stops.push(() => web.close())
  await once(web.listen(0, '127.0.0.1'), 'listening')
  const page = `ws://127.0.0.1:${(web.address() as AddressInfo).port}`
  await a.listen(a.member, { id: 'b', address, role: 'voter' }, { id: 'c', address: page, role: 'voter' })
  await Promise.all([
    a.until('diagnostic: cannot connect: Server sent an invalid subprotocol'),
    a.until('diagnostic: cannot connect: Unexpected server response: 200'),
  ])
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
