// What may be written as an address, and what is said about one that does not work.
import { networkInterfaces } from 'node:os'
import type { Member } from '@riverraft/core'
import { afterEach, expect, test } from 'vitest'
import { type WebSocketTransportOptions, websocket } from '../src/index.js'
import { Peer } from './peer.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const own: Member = { id: 'a', address: 'wss://a.example/raft', role: 'voter' }

function listen(options: WebSocketTransportOptions, members: readonly Member[] = [own]): Promise<string> {
  const transport = websocket(options)
  stops.push(() => transport.close())
  return transport.listen(new Peer('a', 'ws://127.0.0.1:0', {}), members)
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

test('listening on port 0 tells the port that the system chose', async () => {
  expect(await listen({ listen: 'ws://127.0.0.1:0' })).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*\/$/)
  expect(await listen({ listen: 'ws://localhost:0/a/b' })).toMatch(/^ws:\/\/.*:[1-9]\d*\/a\/b$/)
})

test.skipIf(!hasIPv6)('an IPv6 address stands in brackets', async () => {
  expect(await listen({ listen: 'ws://[::1]:0/raft' })).toMatch(/^ws:\/\/\[::1\]:[1-9]\d*\/raft$/)
})

test('every interface is nobody’s address: the member’s own is told, or what is advertised', async () => {
  expect(await listen({ listen: 'ws://0.0.0.0:0/raft' })).toBe('wss://a.example/raft')
  expect(await listen({ listen: 'ws://0.0.0.0:0/raft' }, [])).toMatch(/^ws:\/\/0\.0\.0\.0:[1-9]\d*\/raft$/)
  expect(await listen({ listen: 'ws://127.0.0.1:0', advertise: 'wss://b.example' })).toBe('wss://b.example')
})

test.each([
  '',
  'host:1',
  'http://host:1',
  'ws://',
  'ws://host:65536',
  'ws://u:p@host',
  'ws://host/?a',
  'ws://host/#a',
])('%j is no address to listen on', (address) => {
  expect(() => websocket({ listen: address })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(`'${address}'`) }),
  )
})

test('listening on wss needs a server with a certificate', () => {
  expect(() => websocket({ listen: 'wss://127.0.0.1:0' })).toThrow(/https 'server'/)
})

test.each(['ws://host:0', 'host:7001', 'http://host', '/ip4/127.0.0.1/tcp/1'])(
  '%j is no address of a member',
  async (address) => {
    const members: Member[] = [own, { id: 'b', address, role: 'voter' }]
    await expect(listen({ listen: 'ws://127.0.0.1:0' }, members)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/member b.*ws:\/\/host:port/),
    })
    expect(() => websocket({ listen: 'ws://127.0.0.1:0', advertise: address })).toThrow(/^advertise/)
  },
)

test('a port in use: ERR_LISTEN says which address and what to do, the cause is the system’s error', async () => {
  const address = await listen({ listen: 'ws://127.0.0.1:0/raft' })
  await expect(listen({ listen: address })).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    retryable: true,
    message: expect.stringMatching(`${new URL(address).host} .*choose another port`),
    cause: expect.objectContaining({ code: 'EADDRINUSE' }),
  })
})

test('an address of another machine', async () => {
  await expect(listen({ listen: 'ws://192.0.2.1:0' })).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    message: expect.stringMatching(/192\.0\.2\.1.*one of its own/),
    cause: expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
  })
})
