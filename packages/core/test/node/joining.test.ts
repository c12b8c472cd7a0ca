// Nodes that ask to be let into a cluster, from an empty storage to their role, on a network and disks that obey.
import { afterEach, describe, expect, test } from 'vitest'
import { recoverCluster } from '../../src/node/lost-quorum/recover-cluster.js'
import type { Member } from '../../src/ports/transport.js'
import type { WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import {
  cluster,
  deafen,
  failure,
  join,
  joined,
  type Options,
  prepare,
  roles,
  SECRET,
  start,
  stop,
} from './harness/joining.js'
import { watch } from './harness/world.js'

afterEach(stop)

describe('a node that asks', () => {
  test('becomes a learner, catches up and is promoted (thesis §4.2.1)', async () => {
    const leader = await start(2)
    for (let i = 0; i < 20; i++) await cluster.world.outcome(leader.propose(`w${i}`))
    const seen: string[] = []
    leader.on('JoinAsked', ({ peer, origin }) => seen.push(`${peer} asks from ${origin}`))
    leader.on('Joined', ({ peer, role }) => seen.push(`${peer} is ${role}`))
    leader.on('CatchUpProgress', ({ follower }) => seen.push(`${follower} catches up`))
    const node = await cluster.world.outcome(join('B', 'A'))
    expect(roles(leader)).toBe('A voter, B learner')
    const itself: string[] = []
    node.on('Joined', ({ peer, role }) => itself.push(`${peer} is ${role}`))
    expect(node.explain().map(({ code }) => code)).toContain('join-waits')
    // A learner is asked like any other member.
    expect(await cluster.world.outcome(node.propose('from the learner'))).toBe(21)
    expect(await cluster.world.outcome(node.read(({ words }) => words.at(-1)))).toBe('from the learner')
    await cluster.world.outcome(node.joined)
    expect(roles(node)).toBe('A voter, B voter')
    expect(itself).toEqual(['B is voter'])
    expect(node.explain()).toEqual([])
    expect([...new Set(seen)]).toEqual(['B asks from B', 'B is learner', 'B catches up', 'B is voter'])
    expect(cluster.words('B')).toEqual(cluster.words('A'))
    expect(node.members.map(({ incarnation }) => incarnation)).toContain(node.status().incarnation)
  })

  test('as a learner stays one', async () => {
    await start(2)
    const node = await joined('B', 'A', { join: { via: ['A'], role: 'learner' } })
    await cluster.world.pass(2_000)
    expect(roles(node)).toBe('A voter, B learner')
  })

  test('may ask anybody: a follower, behind an address where nobody is', async () => {
    const leader = await start(4, 3)
    const follower = [...'ABC'].find((id) => id !== leader.id)!
    const node = await joined('D', ['nobody', follower])
    expect(roles(node)).toBe('A voter, B voter, C voter, D voter')
  })

  test('is let in together with three others, one after the other', async () => {
    const leader = await start(5)
    const nodes = await cluster.world.outcome(Promise.all([...'BCDE'].map((id) => join(id, 'A'))))
    await cluster.world.outcome(Promise.all(nodes.map((node) => node.joined)))
    expect(roles(leader)).toBe('A voter, B voter, C voter, D voter, E voter')
    await cluster.agreed()
  })

  test('gets in although nobody is left of those the cluster began with', async () => {
    const founder = await start(4)
    for (const id of 'BC') await joined(id, 'A')
    await cluster.world.outcome(founder.changeMembership({ remove: ['A'] }, { timeoutMs: 20_000 }))
    await cluster.world.outcome(founder.closed)
    cluster.nodes.delete('A')
    await cluster.elected(['B', 'C'])
    const node = await joined('D', 'BC')
    await cluster.world.until('D knows', () => roles(node) === 'B voter, C voter, D voter')
    expect(await cluster.world.outcome(node.propose('by strangers'))).toBe(1)
  })

  test('waits for its deadline when nobody answers, and leaves nothing open', async () => {
    await start(2)
    const starting = join('B', 'XY', { join: { via: ['X', 'Y'], timeoutMs: 5_000 } })
    expect(await failure(starting)).toMatch(/^ERR_TIMEOUT: B was not let in after 5000 ms .*nobody at Y/)
    expect(cluster.disk('B').closed).toBe(1)
    expect(cluster.world.now).toBeLessThan(10_000)
  })

  test('waits for a cluster without a quorum, and gets in when there is one', async () => {
    await start(4, 3)
    const [leader, one, other] = await cluster.elected(['A', 'B', 'C'])
    cluster.network.partition([leader.id], [one!.id], [other!.id])
    const starting = watch(join('D', 'ABC'))
    await cluster.world.pass(10_000)
    expect(starting.state).toBe('pending')
    cluster.network.heal()
    await cluster.world.until('D is let in', () => starting.state === 'fulfilled')
    await cluster.world.outcome((starting.value as WordsNode).joined)
  })

  test('is aborted by its caller, before and after it was let in', async () => {
    await start(3)
    const early = new AbortController()
    const starting = join('B', 'X', { join: { via: ['X'], signal: early.signal } })
    const failed = failure(starting)
    early.abort('enough')
    expect(await failed).toMatch(/^ERR_ABORTED/)
    const late = new AbortController()
    deafen('C')
    const node = await cluster.world.outcome(join('C', 'A', { join: { via: ['A'], signal: late.signal } }))
    const given = failure(node.joined)
    late.abort()
    expect(await given).toMatch(/^ERR_ABORTED/)
    expect(node.status().stopped).toBe(false)
  })
})

describe('the secret', () => {
  test('is never sent', async () => {
    await start(2)
    await joined('B', 'A')
    const sent = cluster.network.knocks.map((bytes) => Buffer.from(bytes).toString('latin1')).join('|')
    expect(sent).toContain('words')
    expect(sent).not.toContain(SECRET)
    for (let at = 0; at + 8 <= SECRET.length; at++) expect(sent).not.toContain(SECRET.slice(at, at + 8))
  })

  test('that is wrong is refused on both sides, and nothing is formatted', async () => {
    const leader = await start(2)
    const told: string[] = []
    leader.on('JoinRefused', ({ peer, refusal }) => told.push(`${peer} ${refusal}`))
    const refused = await failure(join('B', 'A', { joinSecret: 'quite another secret' }))
    expect(refused).toBe(
      "ERR_JOIN_REFUSED: A did not let B into words: this node's secret is not the cluster's (wrong-secret)",
    )
    expect(told).toEqual(['B wrong-secret'])
    expect(leader.status().members.length).toBe(1)
    // Nothing was formatted: with the right one it gets in under the same id.
    await joined('B', 'A')
  })

  test('that a member does not have lets nobody in there', async () => {
    prepare({ size: 2, voters: 1 })
    await cluster.start('A')
    expect(await failure(join('B', 'A'))).toMatch(/^ERR_JOIN_REFUSED.*no-secret/)
  })

  test('of another cluster is of no use', async () => {
    await start(2)
    const refused = await failure(join('B', 'A', { clusterId: 'other' }))
    expect(refused).toMatch(/^ERR_JOIN_REFUSED.*wrong-cluster/)
  })

  test('cannot be guessed: after a few wrong ones nothing is even looked at, and a right one waits as well', async () => {
    const leader = await start(2, 1, { joinFailuresPerMinuteMax: 9 })
    const heard: string[] = []
    leader.on('JoinRefused', ({ refusal }) => heard.push(refusal))
    const began = cluster.world.now
    for (let i = 0; i < 5; i++)
      expect(await failure(join('B', 'A', { joinSecret: `guess number ${i} of many` }))).toMatch(
        /wrong-secret/,
      )
    // One origin has a third of nine: three at once, then one in twenty seconds.
    expect(cluster.world.now - began).toBeGreaterThan(39_000)
    expect(heard.filter((refusal) => refusal === 'wrong-secret')).toHaveLength(5)
    expect(heard.slice(0, 4)).toEqual([
      ...['wrong-secret', 'wrong-secret', 'wrong-secret'],
      'too-many-attempts',
    ])
    heard.length = 0
    await joined('B', 'A')
    expect(new Set(heard)).toEqual(new Set(['too-many-attempts']))
  })

  test.each<[string, Partial<Options>]>([
    ['too short', { joinSecret: 'short' }],
    ['missing', { joinSecret: undefined as unknown as string }],
  ])('%s is refused before anything is started', async (_, changed) => {
    await start(2)
    expect(await failure(join('B', 'A', changed))).toMatch(/^ERR_INVALID_OPTION.*joinSecret/)
  })
})

describe('a wiped node', () => {
  test('is refused under its old id, joins under a new one, and the old one is removed', async () => {
    const leader = await start(4, 3)
    const wiped = [...'ABC'].find((id) => id !== leader.id)!
    await cluster.kill(wiped)
    cluster.disks.set(wiped, new Disk(cluster.world))
    const refused = await failure(join(wiped, leader.id))
    expect(refused).toMatch(
      new RegExp(`^ERR_JOIN_REFUSED.*${wiped} is a member with another storage.*new id`),
    )
    const node = await joined('D', leader.id)
    await cluster.world.outcome(leader.changeMembership({ remove: [wiped] }, { timeoutMs: 20_000 }))
    const left = [...'ABCD'].filter((id) => id !== wiped).map((id) => `${id} voter`)
    await cluster.world.until('D knows', () => roles(node) === left.join(', '))
  })

  test('that had joined itself is refused under that id', async () => {
    await start(3)
    await joined('B', 'A')
    await joined('C', 'A')
    await cluster.kill('B')
    cluster.disks.set('B', new Disk(cluster.world))
    expect(await failure(join('B', 'AC'))).toMatch(/^ERR_JOIN_REFUSED.*id-taken/)
  })
})

test('a learner that was added by hand before it started may ask', async () => {
  const leader = await start(2)
  const member: Member = { id: 'B', address: 'B', role: 'learner' }
  await cluster.world.outcome(leader.changeMembership({ add: [member] }))
  await joined('B', 'A')
  expect(roles(leader)).toBe('A voter, B voter')
})

test('options for leases that differ are refused: such a member could never be linked', async () => {
  await start(2)
  const refused = await failure(join('B', 'A', { leases: { clockDriftMax: 0.01 } }))
  expect(refused).toMatch(/^ERR_JOIN_REFUSED.*wrong-lease/)
})

test('a node joins a cluster that was recovered from a lost quorum, in its generation', async () => {
  await start(3)
  await joined('B', 'A')
  await cluster.kill('A')
  await cluster.kill('B')
  const storage = cluster.disk('A').storage()
  const recovered = recoverCluster({ id: 'A', clusterId: 'words', storage })
  const { newGeneration } = await cluster.world.outcome(recovered)
  await cluster.start('A', { joinSecret: SECRET })
  const node = await joined('C', 'A')
  expect(node.status()).toMatchObject({ generation: newGeneration })
  expect(roles(node)).toBe('A voter, C voter')
})
