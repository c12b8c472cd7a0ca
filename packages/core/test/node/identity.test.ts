// Who belongs to the cluster: hellos, incarnations, and the options a node is started with.
import { expect, test } from 'vitest'
import { Admission } from '../../src/node/admission.js'
import { DEFAULT_LIMITS, resolveLimits } from '../../src/node/options.js'
import type { NodeEvent, NodeLimits, NodeOptions } from '../../src/node/types.js'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type Words } from './harness/cluster.js'
import { append, block, incarnationOf, Solo } from './harness/solo.js'
import { codeOf } from './harness/world.js'

const MEMBERS: readonly Member[] = ['A', 'B', 'C'].map((id) => ({ id, address: id, role: 'voter' }))

test('a node on volatile storage that comes back is told that it is another one, and stops', async () => {
  const cluster = await Cluster.start({ disk: { durable: false } })
  const [leader, follower] = await cluster.elected()
  await cluster.world.outcome(leader.propose('word'))
  await cluster.kill(follower!.id)
  const back = await cluster.start(follower!.id)
  expect(back.status().incarnation).not.toBe(follower!.status().incarnation)
  const error = await cluster.world.outcome(back.closed)
  expect(error).toMatchObject({
    code: 'ERR_INCARNATION_CHANGED',
    message: expect.stringMatching(/test storage is volatile/),
  })
  // It has not voted, and the others go on.
  cluster.nodes.delete(follower!.id)
  expect(await cluster.world.outcome(leader.propose('without it'))).toBe(2)
  await cluster.stop()
})

test('a node with a durable storage comes back as the same one', async () => {
  const cluster = await Cluster.start()
  const [, follower] = await cluster.elected()
  const { incarnation } = follower!.status()
  expect(incarnation).toMatch(/^[0-9a-f]{16}$/)
  await cluster.kill(follower!.id)
  const back = await cluster.start(follower!.id)
  expect(back.status().incarnation).toBe(incarnation)
  await cluster.agreed()
  await cluster.stop()
})

test.each([
  ['of another cluster', { clusterId: 'other' }, 'wrong-cluster'],
  [
    'with another list of members',
    { members: [...MEMBERS, { id: 'D', address: 'D', role: 'voter' as const }] },
    'wrong-members',
  ],
])(
  'a node %s is refused, and both ends say so',
  async (_what, changed: Partial<NodeOptions<string, number, Words>>, refusal) => {
    const cluster = Cluster.prepare()
    const a = await cluster.start('A')
    const events: NodeEvent[] = []
    a.on('HelloRefused', (event) => events.push(event))
    const stranger = await cluster.start('B', changed)
    stranger.on('HelloRefused', (event) => events.push(event))
    await cluster.world.until('both have said it', () => new Set(events.map(({ node }) => node)).size === 2)
    expect(events).toContainEqual(expect.objectContaining({ node: 'A', peer: 'B', by: 'A', refusal }))
    expect(events).toContainEqual(expect.objectContaining({ node: 'B', peer: 'A', by: 'A', refusal }))
    // No vote passes between them: neither can be elected.
    await cluster.world.pass(2_000)
    expect([a.status().role, stranger.status().role]).not.toContain('leader')
    expect(cluster.network.sent).toEqual([])
    await cluster.stop()
  },
)

test('a hello is judged by everything it says', () => {
  const admission = new Admission('A', 'words', incarnationOf('A'), MEMBERS, 0, 0)
  const hello = { ...admission.hello('B'), from: 'B', to: 'A', incarnation: incarnationOf('B') }
  const judge = (changed: Partial<typeof hello>) => admission.admit({ ...hello, ...changed })
  expect(judge({ protocolMin: 2, protocolMax: 3 })).toBe('wrong-version')
  expect(judge({ clusterId: 'other' })).toBe('wrong-cluster')
  expect(judge({ generation: 1 })).toBe('wrong-generation')
  expect(judge({ to: 'C' })).toBe('wrong-target')
  expect(judge({ from: 'D' })).toBe('unknown-member')
  expect(judge({ from: 'A' })).toBe('unknown-member')
  expect(judge({ membersHash: hello.membersHash + 1 })).toBe('wrong-members')
  expect(judge({ leaseHash: 1 })).toBe('wrong-lease')
  expect(admission.isCurrent('B', incarnationOf('B'))).toBe(false)
  expect(judge({ protocolMax: 9 })).toBeUndefined()
  expect(admission.isCurrent('B', incarnationOf('B'))).toBe(true)
  expect(judge({ incarnation: incarnationOf('X') })).toBe('incarnation-changed')
  admission.hearsLeader = () => false
  expect(judge({ incarnation: incarnationOf('X') })).toBe('incarnation-doubted')
  expect(admission.isCurrent('B', incarnationOf('X'))).toBe(false)
  expect(judge({})).toBeUndefined()
})

test('what was met of a member before it was added again is not what may be committed for it', () => {
  const admission = new Admission('A', 'words', incarnationOf('A'), MEMBERS, 0, 0)
  const hello = { ...admission.hello('B'), from: 'B', to: 'A', incarnation: incarnationOf('B') }
  admission.admit(hello)
  expect(admission.incarnationOf('B')).toBe(incarnationOf('B'))
  admission.mayReplace('B')
  expect(admission.incarnationOf('B')).toBeUndefined()
  expect(admission.admit({ ...hello, incarnation: incarnationOf('X') })).toBeUndefined()
  expect(admission.incarnationOf('B')).toBe(incarnationOf('X'))
  // The same storage may come back, too.
  admission.mayReplace('B')
  expect(admission.admit({ ...hello, incarnation: incarnationOf('X') })).toBeUndefined()
  expect(admission.incarnationOf('B')).toBe(incarnationOf('X'))
})

test('members in another order, at other addresses, are the same members', () => {
  const one = new Admission('A', 'words', incarnationOf('A'), MEMBERS, 0, 0)
  const moved = [...MEMBERS].reverse().map((member) => ({ ...member, address: `moved ${member.id}` }))
  const other = new Admission('B', 'words', incarnationOf('B'), moved, 0, 0)
  expect(one.admit(other.hello('A'))).toBeUndefined()
})

test('frames of an incarnation or a group that was not admitted are not heard', async () => {
  const solo = await Solo.start()
  const messages = [append(1, 0, 0, [block(1, 1, 'a')], { leaderCommit: 1 })]
  solo.host.receive('B', { group: 0, incarnation: incarnationOf('X'), messages })
  solo.host.receive('B', { group: 1, incarnation: incarnationOf('B'), messages })
  solo.host.receive('Z', { group: 0, incarnation: incarnationOf('Z'), messages })
  await solo.world.calm()
  expect(solo.words).toEqual([])
  await solo.receive('B', ...messages)
  expect(solo.words).toEqual(['a'])
  await solo.node.stop({ transfer: false })
})

test('the members that count are those in the storage, whatever the options say later', async () => {
  const cluster = await Cluster.start({ size: 1 })
  await cluster.elected()
  await cluster.kill('A')
  const node = await cluster.start('A', { members: MEMBERS })
  expect(node.members).toEqual([MEMBERS[0]])
  expect(node.status().members).toEqual([MEMBERS[0]])
  // A majority of one.
  expect(await cluster.world.outcome(node.propose('word'))).toBe(1)
  await cluster.stop()
})

test.each<[Partial<NodeOptions<string, number, Words>>, RegExp]>([
  [{ id: '' }, /id must be/],
  [{ id: 7 as never }, /id must be/],
  [{ id: 'Z' }, /not among the members/],
  [{ clusterId: 'é'.repeat(128) }, /longer than 255 bytes/],
  [{ members: [] }, /must not be empty/],
  [{ members: [MEMBERS[0]!, MEMBERS[0]!] }, /twice/],
  [{ members: [undefined as never] }, /member id/],
  [{ transport: undefined as never }, /transport is missing/],
  [{ storage: null as never }, /storage is missing/],
])('options that cannot work are refused before anything is opened: %o', async (changed, message) => {
  const cluster = Cluster.prepare()
  const error = await cluster.start('A', changed).catch((thrown: Error) => thrown)
  expect(codeOf(error)).toBe('ERR_INVALID_OPTION')
  expect((error as Error).message).toMatch(message)
  expect(cluster.disk('A').batches).toEqual([])
})

test('limits have defaults, and are refused when they contradict one another', () => {
  expect(resolveLimits({})).toEqual(DEFAULT_LIMITS)
  expect(resolveLimits({ requestTimeoutMs: 1 }).requestTimeoutMs).toBe(1)
  const refused = (limits: NodeLimits): string => {
    try {
      resolveLimits(limits)
      return 'accepted'
    } catch (error) {
      return codeOf(error)
    }
  }
  const MIB = 1024 * 1024
  for (const name of Object.keys(DEFAULT_LIMITS)) {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never]) {
      expect(refused({ [name]: value }), `${name}: ${value}`).toBe('ERR_INVALID_OPTION')
    }
  }
  expect(refused({ heartbeatMs: 80 })).toBe('ERR_INVALID_OPTION')
  expect(refused({ electionTimeoutMsMin: 300 })).toBe('ERR_INVALID_OPTION')
  expect(refused({ messageBytesMax: 1023 })).toBe('ERR_INVALID_OPTION')
  expect(refused({ messageBytesMax: 4 * MIB + 1, inFlightBytesMax: 8 * MIB })).toBe('ERR_INVALID_OPTION')
  expect(refused({ inFlightBytesMax: MIB - 1 })).toBe('ERR_INVALID_OPTION')
  expect(refused({ electionTimeoutMsMin: 1_000, electionTimeoutMsMax: 2_000, heartbeatMs: 250 })).toBe(
    'accepted',
  )
})

test('status tells what this node knows', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  void solo.node.propose('word').catch(() => undefined)
  void solo.node.read(() => 0).catch(() => undefined)
  await solo.world.pass(10)
  expect(solo.node.status()).toMatchObject({
    id: 'A',
    clusterId: 'words',
    address: 'test:A',
    role: 'leader',
    term,
    leaderId: 'A',
    lastIndex: 2,
    commitIndex: 1,
    lastApplied: 1,
    pendingProposals: 1,
    pendingReads: 1,
    stopped: false,
    followers: [
      { id: 'B', state: 'replicate', matchIndex: 1, nextIndex: 3, inFlightMessages: 1, sinceContactMs: 10 },
      { id: 'C', state: 'replicate', matchIndex: 1, nextIndex: 3, inFlightMessages: 1, sinceContactMs: 10 },
    ],
  })
  await solo.receive('C', append(term + 1, 0, 0, []))
  expect(solo.node.status()).toMatchObject({ role: 'follower', leaderId: 'C', term: term + 1, followers: [] })
  await solo.node.stop({ transfer: false })
})
