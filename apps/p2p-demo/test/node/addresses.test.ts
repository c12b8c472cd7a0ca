import { describe, expect, test } from 'vitest'
import { hostOf, portOf, withHost, withoutPeerId } from '../../src/addresses.js'

describe('host and port of an address, and the same address elsewhere', () => {
  test.each([
    ['/ip4/0.0.0.0/tcp/4001', '0.0.0.0', 4001, '/ip4/10.0.0.5/tcp/4001'],
    ['/ip6/::/tcp/0', '::', 0, '/ip4/10.0.0.5/tcp/0'],
    ['/ip4/127.0.0.1/tcp/1/p2p/12D3', '127.0.0.1', 1, '/ip4/10.0.0.5/tcp/1/p2p/12D3'],
    ['127.0.0.1:7001', '127.0.0.1', 7001, '10.0.0.5:7001'],
    [':7001', '', 7001, '10.0.0.5:7001'],
    ['[::1]:7001', '::1', 7001, '10.0.0.5:7001'],
    ['ws://localhost:7001/', 'localhost', 7001, 'ws://10.0.0.5:7001/'],
    ['wss://[::]:7001/raft', '::', 7001, 'wss://10.0.0.5:7001/raft'],
    ['garden', 'garden', 0, '10.0.0.5'],
  ])('%s', (address, host, port, elsewhere) => {
    expect(hostOf(address)).toBe(host)
    expect(portOf(address)).toBe(port)
    expect(withHost(address, '10.0.0.5')).toBe(elsewhere)
  })

  test('an IPv6 host', () => {
    expect(withHost('/ip4/0.0.0.0/tcp/1', 'fd00::5')).toBe('/ip6/fd00::5/tcp/1')
    expect(withHost(':7001', 'fd00::5')).toBe('[fd00::5]:7001')
  })
})

test('who is there is left out', () => {
  expect(withoutPeerId('/ip4/10.0.0.5/tcp/1/p2p/12D3')).toBe('/ip4/10.0.0.5/tcp/1')
  expect(withoutPeerId('10.0.0.5:7001')).toBe('10.0.0.5:7001')
})
