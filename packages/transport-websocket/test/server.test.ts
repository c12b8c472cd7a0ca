// On a server that somebody else owns: next to other routes and other WebSockets, and with TLS.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, vote } from '@riverraft/conformance/transport'
import { afterEach, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { websocket } from '../src/index.js'
import { Peer, type PeerOptions } from './peer.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

// For 127.0.0.1, valid until 2126. The key is published with it and protects nothing.
const key = readFileSync(join(import.meta.dirname, 'fixtures/key.pem'))
const cert = readFileSync(join(import.meta.dirname, 'fixtures/certificate.pem'))

async function serve(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  stops.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function on(server: Server, scheme: string, id: string, options: PeerOptions = {}): Promise<Peer> {
  const address = `${scheme}://${await serve(server)}/raft`
  const peer = new Peer(id, address, { ...options, server })
  stops.push(() => peer.transport.close())
  return peer
}

test('its routes and its other WebSockets go on, while we are there and afterwards', async () => {
  const server = createServer((_request, response) => response.end('hello'))
  const a = await on(server, 'ws', 'a')
  const b = await Peer.create('b')
  stops.push(() => b.transport.close())
  await connect(a, b)
  a.transport.send('b', vote(1))
  b.transport.send('a', vote(2))
  await Promise.all([b.until('frame 1 from a'), a.until('frame 2 from b')])

  const site = new URL(a.address).host
  const others = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/chat') others.handleUpgrade(request, socket, head, (ws) => ws.send('hi'))
  })
  const greet = async (): Promise<string[]> => {
    const chat = new WebSocket(`ws://${site}/chat`)
    const [message] = await once(chat, 'message')
    chat.terminate()
    return [String(message), await (await fetch(`http://${site}/`)).text()]
  }
  expect(await greet()).toEqual(['hi', 'hello'])
  await a.transport.close()
  await b.until(/^down a/)
  expect(await greet()).toEqual(['hi', 'hello'])
})

test('an upgrade that nobody serves is answered', async () => {
  const a = await on(createServer(), 'ws', 'a')
  await a.listen(a.member)
  const lost = new WebSocket(a.address.replace('/raft', '/chat'))
  const [error] = await once(lost, 'error')
  expect(error.message).toBe('Unexpected server response: 404')
})

test('the address told is that of the members, else that of the server', async () => {
  const server = createServer()
  const address = `ws://${await serve(server)}/raft`
  const listen = (...members: Parameters<Peer['listen']>) => {
    const transport = websocket({ server, path: '/raft' })
    stops.push(() => transport.close())
    return transport.listen(new Peer('a', 'ws://127.0.0.1:0', {}), members)
  }
  expect(await listen({ id: 'a', address: 'wss://a.example/raft', role: 'voter' })).toBe(
    'wss://a.example/raft',
  )
  expect(await listen()).toBe(address)
})

test('a server that does not listen, a path that is none, both or neither of listen and server', async () => {
  const server = createServer()
  const transport = websocket({ server })
  await expect(transport.listen(new Peer('a', 'ws://127.0.0.1:0', {}), [])).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    message: expect.stringContaining('start it first'),
  })
  await transport.close()
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  for (const path of ['', 'raft', '/a b', '/?a']) expect(() => websocket({ server, path })).toThrow(invalid)
  expect(() => websocket({} as never)).toThrow(invalid)
  expect(() => websocket({ server, listen: 'ws://127.0.0.1:0' } as never)).toThrow(invalid)
})

test('over TLS, with certificates asked of both ends; who has none does not get in', async () => {
  const demanding = (): Server => createSecureServer({ key, cert, ca: cert, requestCert: true })
  const tls = { ca: cert, key, cert }
  const [a, b] = [await on(demanding(), 'wss', 'a', { tls }), await on(demanding(), 'wss', 'b', { tls })]
  await connect(a, b)
  a.transport.send('b', vote(1))
  await b.until('frame 1 from a')

  const stranger = await Peer.create('c', { tls: { ca: cert } })
  const trusting = await Peer.create('d')
  stops.push(() => Promise.all([stranger.transport.close(), trusting.transport.close()]))
  await stranger.listen(stranger.member, a.member)
  await stranger.until(/cannot connect: .*(certificate required|ECONNRESET|socket hang up)/i)
  await trusting.listen(trusting.member, a.member)
  await trusting.until(/cannot connect: self-signed certificate/)
})
