// Crashes on the way into a cluster: of the leader, of the node that joins, of both, at every step.
import { afterEach, expect, test } from 'vitest'
import type { Knock } from '../../src/ports/transport.js'
import { cluster, deafen, failure, join, joined, roles, SECRET, start, stop } from './harness/joining.js'

afterEach(stop)

test('the leader dies between learner and voter: its successor goes on', async () => {
  const leader = await start(4, 3)
  const node = await cluster.world.outcome(join('D', 'ABC'))
  expect(roles(leader)).toBe('A voter, B voter, C voter, D learner')
  await cluster.kill(leader.id)
  await cluster.world.outcome(node.joined)
  expect(roles(node)).toBe('A voter, B voter, C voter, D voter')
})

test('the joiner dies as a learner and comes back with its disk: it finds its place again', async () => {
  const leader = await start(2)
  const node = await cluster.world.outcome(join('B', 'A'))
  const { incarnation } = node.status()
  await cluster.kill('B')
  const again = await joined('B', 'A')
  expect(again.status().incarnation).toBe(incarnation)
  expect(roles(leader)).toBe('A voter, B voter')
})

test('a joiner that has its role asks nothing when it starts again, although nobody is there', async () => {
  await start(2)
  await joined('B', 'A')
  await cluster.kill('B')
  await cluster.kill('A')
  const before = cluster.network.knocks.length
  const again = await cluster.world.outcome(join('B', 'A'))
  await cluster.start('A', { joinSecret: SECRET })
  await cluster.elected(['A', 'B'])
  await cluster.world.outcome(again.joined)
  expect(cluster.network.knocks.length).toBe(before)
})

test('a joiner that starts again before the log tells of it asks again', async () => {
  const leader = await start(2)
  deafen('B')
  await cluster.world.outcome(join('B', 'A'))
  await cluster.kill('B')
  expect(cluster.disk('B').log).toEqual([])
  cluster.network.judge = () => 'pass'
  await joined('B', 'A')
  expect(roles(leader)).toBe('A voter, B voter')
})

test('a learner that nobody reaches is removed again', async () => {
  const leader = await start(2)
  const told: string[] = []
  leader.on('JoinGivenUp', ({ peer, reason }) => told.push(`${peer} ${reason}`))
  deafen('B')
  const node = await cluster.world.outcome(join('B', 'A', { join: { via: ['A'], timeoutMs: 3_000 } }))
  expect(await failure(node.joined)).toMatch(/^ERR_TIMEOUT: B is still a learner/)
  await cluster.world.until('B is given up', () => told.length > 0)
  expect(told).toEqual(['B unreachable'])
  await cluster.world.until('B is no member', () => roles(leader) === 'A voter')
})

/** The leader appends three configurations: D as a learner, both majorities, D as a voter. It dies at one of them. */
test.each([1, 2, 3])(
  'the leader dies when configuration %d is appended, before anybody has it',
  async (at) => {
    const leader = await start(4, 3)
    let count = 0
    const dying = new Promise<void>((resolve) => {
      leader.on('MembershipChanged', () => {
        if (++count !== at) return
        cluster.network.unplug(leader.id)
        resolve()
      })
    })
    const starting = join('D', 'ABC', { join: { via: [...'ABC'], timeoutMs: 120_000 } })
    await cluster.world.outcome(dying)
    await cluster.kill(leader.id)
    const node = await cluster.world.outcome(starting)
    await cluster.world.outcome(node.joined)
    expect(roles(node)).toBe('A voter, B voter, C voter, D voter')
    await cluster.agreed()
  },
)

test('the joiner dies before it hears that it was let in, and comes back with what it had formatted', async () => {
  const leader = await start(2)
  const end = leader.on('MembershipChanged', () => {
    cluster.network.partition(['A'], ['B'])
    end()
  })
  const dying = failure(join('B', 'A', { join: { via: ['A'], timeoutMs: 2_000 } }))
  expect(await dying).toMatch(/^ERR_TIMEOUT/)
  expect(roles(leader)).toBe('A voter, B learner')
  cluster.network.heal()
  const again = await joined('B', 'A')
  expect(roles(leader)).toBe('A voter, B voter')
  expect(again.status().stopped).toBe(false)
})

test('a start that is aborted after it was let in takes itself back: the learner is removed', async () => {
  const leader = await start(2)
  const told: string[] = []
  leader.on('JoinGivenUp', ({ peer, reason }) => told.push(`${peer} ${reason}`))
  const giving = new AbortController()
  leader.on('MembershipChanged', () => giving.abort())
  const starting = join('B', 'A', { join: { via: ['A'], signal: giving.signal } })
  expect(await failure(starting)).toMatch(/^ERR_ABORTED/)
  await cluster.world.until('it is no member', () => told.length > 0 && roles(leader) === 'A voter')
  expect(told).toEqual(['B withdrawn'])
})

test('the answers are lost, and its own log tells a joiner that it has its role: it asks no more', async () => {
  await start(2)
  const transport = cluster.network.transport()
  let asked = 0
  const knock = async (...given: Parameters<NonNullable<typeof transport.knock>>): Promise<Knock> => {
    const inner = await transport.knock!(...given)
    // The first is for the facts. Of the others nothing comes but the challenge.
    if (++asked === 1) return inner
    let received = 0
    return {
      ...{ peer: inner.peer, origin: inner.origin },
      send: (message) => inner.send(message),
      receive: async () => (++received === 1 ? inner.receive() : undefined),
      close: () => inner.close(),
    }
  }
  const starting = join('B', 'A', {
    transport: { ...transport, knock },
    join: { via: ['A'], role: 'learner', timeoutMs: 10_000 },
  })
  const node = await cluster.world.outcome(starting)
  await cluster.world.outcome(node.joined)
  const before = asked
  await cluster.world.pass(20_000)
  expect(asked).toBe(before)
  expect(node.explain()).toEqual([])
})
