import { describe, expect, test } from 'vitest'
import { checkReachable, type Interface, reachableAddress } from '../../src/node/reachable.js'

const v4 = (address: string, prefix: number, internal = false): Interface => ({
  address,
  family: 'IPv4',
  internal,
  cidr: `${address}/${prefix}`,
})
const machine = [v4('127.0.0.1', 8, true), v4('172.17.0.1', 16), v4('192.168.1.5', 24)]

describe('who listens on every interface is entered under one that others can reach', () => {
  test.each([
    ['on the network of whom it asks', '0.0.0.0:7001', ['192.168.1.9:7001'], '192.168.1.5:7001'],
    ['otherwise the first', '/ip4/0.0.0.0/tcp/1', [], '/ip4/172.17.0.1/tcp/1'],
    ['whom it asks has a name', ':7001', ['garden.example:7001'], '172.17.0.1:7001'],
    ['never, where it listens at one', '192.168.1.5:7001', ['172.17.0.9:1'], '192.168.1.5:7001'],
  ])('%s', (_, bound, via, address) => expect(reachableAddress(bound, via, machine)).toBe(address))

  test('on a machine without a network, the loopback', () => {
    expect(reachableAddress('ws://0.0.0.0:1/', [], [machine[0]!])).toBe('ws://127.0.0.1:1/')
  })
})

describe('a node on the loopback', () => {
  test.each([['127.0.0.1:1'], ['192.168.1.5:7001'], ['localhost:1'], ['my-machine:1']])(
    'may join through %s, which is on this machine or may be',
    (via) => expect(() => checkReachable('127.0.0.1:7002', [via], machine)).not.toThrow(),
  )

  test('cannot join members on another machine, and is told how to', () => {
    expect(() => checkReachable('/ip4/127.0.0.1/tcp/1', ['/ip4/192.168.1.9/tcp/1'], machine)).toThrow(
      /members at \/ip4\/192.168.1.9\/tcp\/1 cannot reach .* use --listen/,
    )
    expect(() => checkReachable('192.168.1.5:1', ['192.168.1.9:1'], machine)).not.toThrow()
  })
})
