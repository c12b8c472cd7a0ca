import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, test } from 'vitest'
import { deferred } from '../../src/deferred.js'
import { answerAsMember } from '../../src/form/member.js'
import { FORM_PROTOCOL, type Formed, LINE_LENGTH_MAX } from '../../src/form/protocol.js'
import { Peer, stopAll } from './peers.js'

afterEach(stopAll)

const withoutPeerId = (address: string) => address.replace(/\/p2p\/.*/, '')

describe('a cluster forms', () => {
  test('three nodes end with one list, though two were told nothing but a name and an address without a PeerId', async () => {
    const [creator, second, third] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    const created = creator.create('garden', 3)
    const joined = [second, third].map((peer) => peer.join('garden', [withoutPeerId(creator.address)]))
    const lists = await Promise.all([created, ...joined])

    const { clusterId, members } = lists[0]!
    expect(clusterId).toMatch(/^garden-[0-9a-f]{16}$/)
    expect(new Set(members.map(({ id }) => id))).toEqual(new Set([creator.id, second.id, third.id]))
    for (const list of lists) expect(list).toEqual(lists[0])
    const found = await second.seen('found')
    expect(found).toMatchObject({ peer: creator.id, by: 'bootstrap' })
  })

  test('two clusters of one name never share an id', async () => {
    const [one, other] = await Promise.all([Peer.start(), Peer.start()])
    const [first, second] = await Promise.all([one.create('garden', 1), other.create('garden', 1)])
    expect(first.clusterId).not.toBe(second.clusterId)
  })

  test('a joiner that comes before the creator keeps trying', async () => {
    const [creator, early] = await Promise.all([Peer.start(), Peer.start()])
    const joined = early.join('garden', [creator.address])
    await early.seen('unreachable')
    await creator.create('garden', 2)
    expect((await joined).members).toHaveLength(2)
  })

  test('a joiner that asks another joiner is told where the creator is', async () => {
    const [creator, second, third] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    const created = creator.create('garden', 3)
    const joined = second.join('garden', [creator.address])
    await second.seen('waiting')
    const hinted = third.join('garden', [second.address])
    await third.seen('found', ({ peer, by }) => peer === creator.id && by === 'hint')
    expect(await hinted).toEqual(await created)
    await joined
  })
})

describe('somebody is turned away, with a reason', () => {
  test('a wrong cluster name', async () => {
    const [creator, stranger] = await Promise.all([Peer.start(), Peer.start()])
    creator.create('garden', 2).catch(() => {})
    await expect(stranger.join('orchard', [creator.address])).rejects.toMatchObject({
      code: 'ERR_JOIN_REFUSED',
      message: 'this is cluster "garden", not "orchard"',
    })
    expect(await creator.seen('turned-away')).toMatchObject({ peer: stranger.id, reason: 'wrong-cluster' })
  })

  test('a late comer', async () => {
    const [creator, second, late] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    await Promise.all([creator.create('garden', 2), second.join('garden', [creator.address])])
    const refused = { code: 'ERR_JOIN_REFUSED', message: 'cluster "garden" already has its 2 members' }
    await expect(late.join('garden', [creator.address])).rejects.toMatchObject(refused)
  })

  test('a late comer who asks a member that is not the creator', async () => {
    const [creator, second, late] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    await Promise.all([creator.create('garden', 2), second.join('garden', [creator.address])])
    await expect(late.join('garden', [second.address])).rejects.toMatchObject({ code: 'ERR_JOIN_REFUSED' })
  })

  test('nobody there: the joiner says so after its time-out, and what it tried', async () => {
    const alone = await Peer.start()
    const nowhere = '/ip4/127.0.0.1/tcp/1'
    await expect(alone.join('garden', [nowhere], 300)).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining(nowhere),
    })
    expect((await alone.seen('unreachable')).error).toMatch(/ECONNREFUSED/)
  })
})

describe('connections break while forming', () => {
  test('a joiner whose connection is cut asks again, and has one seat', async () => {
    const [creator, second, third] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    const created = creator.create('garden', 3)
    const joined = second.join('garden', [creator.address])
    await second.seen('waiting')
    for (const connection of second.libp2p.getConnections()) connection.abort(new Error('cut by the test'))
    await second.seen('lost')
    await second.seen('waiting', () => second.count('waiting') >= 2)
    await third.join('garden', [creator.address])
    const { members } = await created
    expect(members.map(({ id }) => id).sort()).toEqual([creator.id, second.id, third.id].sort())
    expect(await joined).toEqual(await created)
  })

  test('who leaves for good makes room for somebody else', async () => {
    const [creator, quitter, second] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    const created = creator.create('garden', 2 + 1)
    const left = quitter.join('garden', [creator.address])
    await creator.seen('asked', ({ peer }) => peer === quitter.id)
    quitter.end.abort()
    await expect(left).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await quitter.libp2p.stop()
    await creator.seen('left', ({ peer }) => peer === quitter.id)

    const third = await Peer.start()
    await Promise.all([second, third].map((peer) => peer.join('garden', [creator.address])))
    const ids = (await created).members.map(({ id }) => id)
    expect(ids).not.toContain(quitter.id)
    expect(ids).toHaveLength(3)
  })

  test('a member that missed the list gets the same one when it asks again', async () => {
    const [creator, second] = await Promise.all([Peer.start(), Peer.start()])
    const [created] = await Promise.all([
      creator.create('garden', 2),
      second.join('garden', [creator.address]),
    ])
    await second.libp2p.unhandle(FORM_PROTOCOL)
    expect(await second.join('garden', [creator.address])).toEqual(created)
    expect(creator.count('formed')).toBe(1)
  })
})

describe('the list outlives processes', () => {
  test('the creator keeps it before anybody is told: one that could forget it would make another', async () => {
    const [creator, second] = await Promise.all([Peer.start(), Peer.start()])
    const kept = deferred<Formed>()
    const done = deferred<void>()
    const created = creator.create('garden', 2, (formed: Formed) => {
      kept.resolve(formed)
      return done.promise
    })
    const joined = second.join('garden', [creator.address])
    const formed = await kept.promise
    await second.seen('waiting')
    // One who asks now has to wait as well.
    for (const connection of second.libp2p.getConnections()) connection.abort(new Error('cut by the test'))
    await second.seen('waiting', () => second.count('waiting') >= 2)
    expect([creator.count('formed'), second.count('formed')]).toEqual([0, 0])
    done.resolve()
    expect(await created).toEqual(formed)
    expect(await joined).toEqual(formed)
  })

  test('a creator that cannot keep it does not form', async () => {
    const creator = await Peer.start()
    const full = new Error('no space left')
    await expect(creator.create('garden', 1, () => Promise.reject(full))).rejects.toBe(full)
  })

  test('any member that has come back gives it to members that missed it, and to nobody else', async () => {
    const [member, missed, ...strangers] = (await Promise.all(
      Array.from({ length: 4 }, () => Peer.start()),
    )) as [Peer, Peer, Peer, Peer]
    const members = [member, missed].map(({ id, address }) => ({ id, address, role: 'voter' as const }))
    const formed = { type: 'formed', cluster: 'garden', clusterId: 'garden-1', members } as const
    await answerAsMember(member.libp2p, formed)
    expect(await missed.join('garden', [member.address])).toEqual(formed)
    const refused = (message: string) => ({ code: 'ERR_JOIN_REFUSED', message })
    await expect(strangers[0]!.join('garden', [member.address])).rejects.toMatchObject(
      refused('cluster "garden" already has its 2 members'),
    )
    await expect(strangers[1]!.join('orchard', [member.address])).rejects.toMatchObject(
      refused('this is cluster "garden", not "orchard"'),
    )
  })
})

describe('a peer that does not keep to the protocol is cut off, and the cluster forms without it', () => {
  const garbage: readonly [string, Uint8Array][] = [
    ['not JSON', new TextEncoder().encode('hello\n')],
    [
      'an answer instead of an ask',
      new TextEncoder().encode('{"type":"refused","reason":"full","message":"x"}\n'),
    ],
    ['a line without an end', new Uint8Array(LINE_LENGTH_MAX + 1).fill(0x61)],
    [
      'an address that is none',
      new TextEncoder().encode('{"type":"ask","cluster":"garden","addresses":["x"]}\n'),
    ],
  ]
  test.each(garbage)('%s', async (_, bytes) => {
    const [creator, hostile, second] = await Promise.all([Peer.start(), Peer.start(), Peer.start()])
    const created = creator.create('garden', 2)
    const stream = await hostile.libp2p.dialProtocol(multiaddr(creator.address), FORM_PROTOCOL)
    const closed = new Promise<unknown>((resolve) => stream.addEventListener('close', resolve))
    stream.send(bytes)
    await closed
    await second.join('garden', [creator.address])
    expect((await created).members.map(({ id }) => id)).toEqual([creator.id, second.id])
  })
})
