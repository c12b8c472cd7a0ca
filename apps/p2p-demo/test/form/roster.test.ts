import { describe, expect, test } from 'vitest'
import type { Ask } from '../../src/form/protocol.js'
import { Roster } from '../../src/form/roster.js'

const LOOPBACK = '/ip4/127.0.0.1/tcp/50000'
const ask = (addresses: readonly string[], dialled = '/ip4/127.0.0.1/tcp/1', cluster = 'garden'): Ask => ({
  type: 'ask',
  cluster,
  addresses,
  dialled,
})
const creator = (...addresses: string[]) => ({ id: 'c', addresses })

describe('seats', () => {
  test('asking twice takes one seat', () => {
    const roster = new Roster('garden', 3, creator('/ip4/127.0.0.1/tcp/1'))
    roster.ask('a', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/2']))
    roster.ask('a', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/2']))
    expect(roster.present).toEqual(['c', 'a'])
    expect(roster.members).toBeUndefined()
  })

  test('once fixed, the list does not change: members may ask again, leave, and nobody else comes in', () => {
    const roster = new Roster('garden', 2, creator('/ip4/127.0.0.1/tcp/1'))
    roster.ask('a', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/2']))
    const { members } = roster
    expect(roster.ask('a', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/9']))).toBeUndefined()
    expect(roster.ask('b', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/3']))).toMatchObject({ reason: 'full' })
    roster.leave('a')
    expect(roster.members).toBe(members)
  })
})

describe('the address a member is entered under', () => {
  test('is loopback when all run on one machine', () => {
    const roster = new Roster('garden', 2, creator('/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1'))
    roster.ask('a', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/2', '/ip4/192.168.1.5/tcp/2']))
    expect(roster.members?.map(({ address }) => address)).toEqual([
      '/ip4/127.0.0.1/tcp/1',
      '/ip4/127.0.0.1/tcp/2',
    ])
  })

  test('is the one it was reached under or seen at when they do not: not a bridge that others cannot reach', () => {
    const own = ['/ip4/127.0.0.1/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1']
    const roster = new Roster('garden', 3, creator(...own))
    const guest = ['/ip4/127.0.0.1/tcp/2', '/ip4/172.17.0.1/tcp/2', '/ip4/192.168.1.7/tcp/2']
    expect(
      roster.ask('a', '/ip4/192.168.1.7/tcp/50000', ask(guest, '/ip4/192.168.1.5/tcp/1')),
    ).toBeUndefined()
    roster.ask('b', LOOPBACK, ask(['/ip4/127.0.0.1/tcp/3', '/ip4/192.168.1.5/tcp/3']))
    expect(roster.members?.map(({ address }) => address)).toEqual([
      '/ip4/192.168.1.5/tcp/1',
      '/ip4/192.168.1.7/tcp/2',
      '/ip4/192.168.1.5/tcp/3',
    ])
  })

  test('must exist: who listens on loopback only cannot be in a cluster of several machines', () => {
    const roster = new Roster('garden', 3, creator('/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1'))
    const refusal = roster.ask('a', '/ip4/192.168.1.7/tcp/50000', ask(['/ip4/127.0.0.1/tcp/2']))
    expect(refusal).toMatchObject({ reason: 'unreachable' })
    expect(roster.present).toEqual(['c'])
  })

  test('may be loopback for who came to the network address of its own machine', () => {
    const roster = new Roster('garden', 2, creator('/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1'))
    expect(roster.ask('a', '/ip4/192.168.1.5/tcp/50000', ask(['/ip4/127.0.0.1/tcp/2']))).toBeUndefined()
  })
})
