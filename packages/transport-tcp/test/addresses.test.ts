// What may be written as an address, and what is said about one that does not work.
import { networkInterfaces } from 'node:os'
import type { Member } from '@riverraft/core'
import { afterEach, expect, test } from 'vitest'
import { type TcpTransportOptions, tcp } from '../src/index.js'
import { Peer } from './peer.js'

const stops: (() => unknown)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const own: Member = { id: 'a', address: 'a.example:7001', role: 'voter' }

function listen(options: TcpTransportOptions, members: readonly Member[] = [own]): Promise<string> {
  const transport = tcp(options)
  stops.push(() => transport.close())
  return transport.listen(new Peer('a', '127.0.0.1:0', {}), members)
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

test('listening on port 0 tells the port that the system chose', async () => {
  expect(await listen({ listen: '127.0.0.1:0' })).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
})

test.skipIf(!hasIPv6)('an IPv6 address stands in brackets', async () => {
  expect(await listen({ listen: '[::1]:0' })).toMatch(/^\[::1\]:[1-9]\d*$/)
})

test('every interface is nobody’s address: the member’s own is told, or what is advertised', async () => {
  expect(await listen({ listen: ':0' })).toBe('a.example:7001')
  expect(await listen({ listen: '0.0.0.0:0' })).toBe('a.example:7001')
  expect(await listen({ listen: '0.0.0.0:0' }, [])).toMatch(/^0\.0\.0\.0:[1-9]\d*$/)
  expect(await listen({ listen: '127.0.0.1:0', advertise: '[2001:db8::1]:70' })).toBe('[2001:db8::1]:70')
})

test.each([
  '',
  '7001',
  'host',
  'host:',
  'host:65536',
  'host:-1',
  'tcp://host:1',
  '::1:7001',
  '[host]:1',
  'a b:1',
])('%j is no address to listen on', (address) => {
  expect(() => tcp({ listen: address })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringContaining(`'${address}'`) }),
  )
})

test.each([':7001', 'host:0', 'host', '/ip4/127.0.0.1/tcp/1'])(
  '%j is no address of a member',
  async (address) => {
    const members: Member[] = [own, { id: 'b', address, role: 'voter' }]
    await expect(listen({ listen: '127.0.0.1:0' }, members)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(/member b.*host:port/),
    })
    expect(() => tcp({ listen: ':0', advertise: address })).toThrow(/^advertise/)
  },
)

test('a port in use: ERR_LISTEN says which address and what to do, the cause is the system’s error', async () => {
  const address = await listen({ listen: '127.0.0.1:0' })
  await expect(listen({ listen: address })).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    retryable: true,
    message: expect.stringMatching(`${address} .*choose another port`),
    cause: expect.objectContaining({ code: 'EADDRINUSE' }),
  })
})

test('an address of another machine, a host that does not exist', async () => {
  await expect(listen({ listen: '192.0.2.1:0' })).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    message: expect.stringMatching(/192\.0\.2\.1.*one of its own/),
    cause: expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
  })
  await expect(listen({ listen: 'no.such.host.invalid:0' })).rejects.toMatchObject({
    code: 'ERR_LISTEN',
    message: expect.stringContaining('no.such.host.invalid'),
  })
})
