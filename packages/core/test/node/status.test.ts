// status: what a node knows of itself and, as the leader, of its followers.
import { expect, test } from 'vitest'
import type { NodeEvent } from '../../src/node/types.js'
import { Cluster } from './harness/cluster.js'
import type { Sent } from './harness/network.js'
import { append, block, Solo, success } from './harness/solo.js'

test('it is true before the first turn: what the storage held, not zeros', async () => {
  const first = await Solo.start()
  await first.receive('B', append(4, 0, 0, [block(1, 4, 'x', 'y')], { leaderCommit: 2 }))
  await first.node.stop({ transfer: false })
  const again = new Solo({ world: first.world })
  Object.assign(again, { disk: first.disk })
  const start = again.start()
  // `start` lets the world run until it is calm; the first look is earlier.
  await Promise.resolve()
  while (again.node === undefined) await Promise.resolve()
  expect(again.node.status()).toMatchObject({
    role: 'follower',
    term: 4,
    lastIndex: 2,
    commitIndex: 0,
    lastApplied: 0,
  })
  await start
  expect(again.node.status()).toMatchObject({ term: 4, lastIndex: 2 })
  await again.node.stop({ transfer: false })
})

test('of each follower: match, next, state, lag, what is on the way, round trip, window, contact, link', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  await solo.openSession()
  solo.world.now += 30
  void solo.node.propose('x').catch(() => undefined)
  await solo.world.calm()
  solo.world.now += 7
  await solo.receive('B', success(term, 3))
  solo.host.linkDown('C', 'cut')
  solo.world.now += 5
  const [b, c] = solo.node.status().followers
  expect(b).toMatchObject({
    id: 'B',
    state: 'replicate',
    matchIndex: 3,
    nextIndex: 4,
    entriesBehind: 0,
    inFlightMessages: 0,
    inFlightBytes: 0,
    windowBytes: 65_536,
    windowMessages: 16,
    sinceContactMs: 5,
    linked: true,
  })
  expect(b!.roundTripMs).toBeGreaterThan(0)
  expect(b!.roundTripMs).toBeLessThanOrEqual(7)
  expect(b!.bytesPerSecond).toBeGreaterThan(1_000)
  expect(c).toMatchObject({
    id: 'C',
    matchIndex: 2,
    nextIndex: 4,
    entriesBehind: 1,
    inFlightMessages: 1,
    linked: false,
  })
  await solo.node.stop({ transfer: false })
})

test('what is not applied here, and what a leader cannot let go of', async () => {
  const solo = await Solo.start({ logCacheBytesMax: 1 })
  solo.disk.holdReads = true
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'x'), block(2, 1, 'y')]))
  await solo.receive('B', append(1, 2, 1, [], { leaderCommit: 2 }))
  expect(solo.node.status()).toMatchObject({
    commitIndex: 2,
    lastApplied: 0,
    entriesToApply: 2,
    uncommittedBytes: 0,
  })
  solo.disk.holdReads = false
  solo.disk.releaseReads()
  await solo.world.calm()
  expect(solo.node.status().entriesToApply).toBe(0)
  await solo.lead()
  await solo.openSession()
  void solo.node.propose('z').catch(() => undefined)
  await solo.world.calm()
  expect(solo.node.status().uncommittedBytes).toBeGreaterThan(64)
  await solo.acknowledge()
  expect(solo.node.status().uncommittedBytes).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('a follower that falls behind is told of once, and once when it has caught up', async () => {
  const cluster = await Cluster.start({ followerLagEntriesMax: 20 })
  const [leader, slow] = await cluster.elected()
  const events: NodeEvent[] = []
  leader.on('FollowerLagging', (event) => void events.push(event))
  leader.on('FollowerCaughtUp', (event) => void events.push(event))
  // Heartbeats reach it, entries do not.
  const carriesEntries = ({ to, frame }: Sent): boolean =>
    to === slow!.id &&
    frame.messages.some((message) => message.type === 'AppendEntries' && message.entries.length > 0)
  cluster.network.judge = (sent) => (carriesEntries(sent) ? 'drop' : 'pass')
  for (let i = 0; i < 60; i++) await cluster.world.outcome(leader.propose(`w${i}`))
  expect(events).toMatchObject([{ type: 'FollowerLagging', follower: slow!.id, entriesBehind: 21 }])
  cluster.network.judge = () => 'pass'
  await cluster.world.until('it has caught up', () => events.length > 1)
  expect(events[1]).toMatchObject({ type: 'FollowerCaughtUp', follower: slow!.id })
  await cluster.world.pass(500)
  expect(events).toHaveLength(2)
  await cluster.stop()
})

test('between the two thresholds nothing is told', async () => {
  const solo = await Solo.start({ followerLagEntriesMax: 8 })
  const term = await solo.lead()
  await solo.openSession()
  const events: string[] = []
  solo.node.on('FollowerLagging', ({ follower, entriesBehind }) =>
    events.push(`${follower} lags ${entriesBehind}`),
  )
  solo.node.on('FollowerCaughtUp', ({ follower, entriesBehind }) =>
    events.push(`${follower} lacks ${entriesBehind}`),
  )
  for (let i = 0; i < 9; i++) void solo.node.propose(`w${i}`)
  await solo.world.calm()
  await solo.receive('B', success(term, 11))
  expect(events).toEqual(['C lags 9'])
  for (const matchIndex of [5, 7, 8]) await solo.receive('C', success(term, matchIndex))
  expect(events).toEqual(['C lags 9'])
  await solo.receive('C', success(term, 9))
  await solo.receive('C', success(term, 11))
  expect(events).toEqual(['C lags 9', 'C lacks 2'])
  await solo.node.stop({ transfer: false })
})
