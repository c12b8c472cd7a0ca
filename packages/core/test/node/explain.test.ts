// explain: each sentence, said of a node that is really in that situation.
import { afterAll, expect, test } from 'vitest'
import { EXPLANATION_CODES, type Explanation, type ExplanationCode } from '../../src/node/types.js'
import { Cluster } from './harness/cluster.js'
import * as joining from './harness/joining.js'
import { append, block, Solo, success } from './harness/solo.js'

const met = new Set<ExplanationCode>()

/** What a node says of one kind, whatever its times. */
function said(node: { explain(): Explanation[] }, code: ExplanationCode): string[] {
  const texts = node.explain().filter((explanation) => explanation.code === code)
  if (texts.length > 0) met.add(code)
  return texts.map(({ text }) => text.replace(/\d+ ms/g, 'N ms'))
}

afterAll(() => {
  expect(
    [...EXPLANATION_CODES].filter((code) => !met.has(code)),
    'sentences that no test has met',
  ).toEqual([])
})

test('nothing keeps a healthy cluster from going on: nothing is said', async () => {
  const cluster = await Cluster.start()
  const [leader, ...followers] = await cluster.elected()
  await cluster.world.outcome(leader.propose('x'))
  await cluster.agreed()
  await cluster.world.pass(200)
  for (const node of [leader, ...followers]) expect(node.explain()).toEqual([])
  await cluster.stop()
})

test('a node that has just started waits for a leader', async () => {
  const solo = await Solo.start()
  await solo.world.pass(100)
  expect(said(solo.node, 'no-leader')).toEqual([
    'no leader of term 0 is known on A since N ms; it begins an election in N ms unless it hears from one',
  ])
  void solo.node.propose('x').catch(() => undefined)
  void solo.node.read(() => 0).catch(() => undefined)
  expect(said(solo.node, 'proposals-wait')).toEqual(['1 proposal waits for a leader'])
  expect(said(solo.node, 'reads-wait')).toEqual(['1 read waits for a leader'])
  await solo.node.stop({ transfer: false })
  expect(said(solo.node, 'stopped')).toEqual(['A is stopped'])
})

test('a candidate says whose votes it has, who refused and who is silent', async () => {
  const solo = await Solo.start({ ids: ['A', 'B', 'C', 'D', 'E'] })
  await solo.campaign()
  const { term } = solo.node.status()
  await solo.receive('B', { type: 'RequestVoteReply', term, voteGranted: true })
  await solo.receive('C', { type: 'RequestVoteReply', term, voteGranted: false })
  expect(said(solo.node, 'election-runs')).toEqual([
    `A asks for votes in term ${term}: it has 2 votes of the 3 it needs (A, B), and D, E did not answer yet`,
  ])
  expect(said(solo.node, 'vote-refused')).toEqual([`C refused A its vote in term ${term}, N ms ago`])
  await solo.node.stop({ transfer: false })
})

test('a node that asks whether it could win an election says who would vote for it', async () => {
  const solo = await Solo.start({ ids: ['A', 'B', 'C', 'D', 'E'] })
  await solo.world.until('A asks for pre-votes', () => solo.node.status().role === 'pre-candidate')
  await solo.world.calm()
  const { term } = solo.node.status()
  await solo.receive('B', { type: 'PreVoteReply', term, askedTerm: term, voteGranted: true })
  await solo.receive('C', { type: 'PreVoteReply', term, askedTerm: term, voteGranted: false })
  expect(said(solo.node, 'pre-vote-runs')).toEqual([
    `A asks whether it could win an election after term ${term}: 2 of the 3 it needs would vote for it (A, B), refused by C, no answer from D, E`,
  ])
  expect(said(solo.node, 'no-leader')).toEqual([])
  await solo.node.stop()
})

test('a candidate whose disk hangs has asked nobody', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.campaign()
  expect(said(solo.node, 'own-vote-not-durable')).toEqual([
    'A has not asked for votes in term 1 yet: its own vote is not on its disk',
  ])
  solo.disk.completeWrites()
  await solo.node.stop({ transfer: false })
})

test('votes it refused, and why', async () => {
  // So long that A does not campaign while this test asks for its votes.
  const solo = await Solo.start({ electionTimeoutMsMax: 30_000 })
  await solo.receive('B', append(3, 0, 0, [block(1, 3, 'x')]))
  const transfer = false
  const early = { term: 4, lastLogIndex: 1, lastLogTerm: 3, transfer }
  await solo.receive('C', { type: 'RequestVote', ...early })
  await solo.world.pass(150)
  const requests = [
    ['C', { term: 2, lastLogIndex: 9, lastLogTerm: 2 }],
    ['C', { term: 4, lastLogIndex: 0, lastLogTerm: 0 }],
    ['B', { term: 4, lastLogIndex: 1, lastLogTerm: 3 }],
    ['C', { term: 4, lastLogIndex: 1, lastLogTerm: 3 }],
  ] as const
  for (const [from, request] of requests)
    await solo.receive(from, { type: 'RequestVote', ...request, transfer })
  expect(said(solo.node, 'vote-refused')).toEqual([
    'A refused C its vote in term 3, N ms ago: it had heard from a leader a moment ago',
    'A refused C its vote in term 3, N ms ago: its term was over already',
    "A refused C its vote in term 4, N ms ago: the candidate's log is behind",
    'A refused C its vote in term 4, N ms ago: it had voted for another in that term',
  ])
  await solo.campaign()
  const { term } = solo.node.status()
  await solo.receive('B', { type: 'RequestVote', term, lastLogIndex: 1, lastLogTerm: 3, transfer })
  expect(said(solo.node, 'vote-refused').at(-1)).toBe(
    `A refused B its vote in term ${term}, N ms ago: it had voted for another in that term`,
  )
  // Once there is a leader, nobody asks why there was none.
  await solo.receive('B', append(term, 0, 0, []))
  expect(said(solo.node, 'vote-refused')).toEqual([])
  await solo.node.stop({ transfer: false })
})

test('members that cannot be reached, since when and why', async () => {
  const cluster = Cluster.prepare()
  const a = await cluster.start('A')
  await cluster.world.pass(50)
  expect(said(a, 'unreachable')).toEqual([
    'B has not been reached since this node started, N ms ago',
    'C has not been reached since this node started, N ms ago',
  ])
  expect(said(a, 'no-quorum-linked')).toEqual([
    'A has links to 0 of 2 others; without 1 no leader can be elected here',
  ])
  await cluster.start('B', {
    members: [...cluster.members.slice(0, 2), { id: 'D', address: 'D', role: 'voter' }],
  })
  await cluster.world.pass(100)
  expect(said(a, 'unreachable')[0]).toMatch(/^B cannot be reached since N ms: (it|this node) refused/)
  await cluster.start('C')
  await cluster.world.pass(1_000)
  cluster.network.partition(['A'], ['C'])
  await cluster.world.pass(10)
  expect(said(a, 'unreachable')).toContain('C cannot be reached since N ms: cut')
  await cluster.stop()
})

test('a leader without a quorum says so, what is not committed, and where it is', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  await solo.openSession()
  for (const word of ['x', 'y']) void solo.node.propose(word).catch(() => undefined)
  void solo.node.read(() => 0).catch(() => undefined)
  // A moment later it steps down.
  await solo.world.pass(320)
  expect(said(solo.node, 'leader-without-quorum')).toEqual([
    `A leads term ${term} but has heard from 0 of 2 others in the last N ms; it needs 1 to commit or confirm anything`,
  ])
  expect(said(solo.node, 'not-committed')).toEqual([
    'entries 3 to 4 are not committed: durable are A up to 4, B up to 2, C up to 2; 2 of 3 are needed',
  ])
  expect(said(solo.node, 'silent')).toEqual([
    'B has not answered for N ms although its link is up',
    'C has not answered for N ms although its link is up',
  ])
  expect(said(solo.node, 'follower-behind')[0]).toMatch(
    /^B is 2 entries behind: 1 message with \d+ bytes on the way/,
  )
  expect(said(solo.node, 'proposals-wait')).toEqual(['2 proposals wait to be committed and applied'])
  expect(said(solo.node, 'reads-wait')).toEqual([
    `1 read waits for a quorum to confirm that A still leads term ${term}`,
  ])
  await solo.node.stop({ transfer: false })
})

test('a follower that never answered in this term, and whose place is being looked for', async () => {
  const solo = await Solo.start()
  await solo.lead({ acknowledge: false })
  expect(said(solo.node, 'silent')[0]).toBe('B has not answered in this term although its link is up')
  expect(said(solo.node, 'follower-behind')[0]).toBe(
    'B is 1 entry behind: where its log agrees is being looked for, at index 0',
  )
  void solo.node.read(() => 0).catch(() => undefined)
  await solo.world.calm()
  expect(said(solo.node, 'reads-wait')[0]).toMatch(
    /^1 read waits for entry 1, the first of term \d+, to be committed$/,
  )
  await solo.node.stop({ transfer: false })
})

test('an entry of an earlier term on a quorum is not committed before one of this term (Figure 8)', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'x', 'y')]))
  const term = await solo.lead({ acknowledge: false })
  await solo.receive('B', success(term, 2))
  expect(said(solo.node, 'earlier-term')).toEqual([
    `entry 2 is on a quorum but of term 1: it counts when entry 3 of term ${term} does (§5.4.2)`,
  ])
  await solo.node.stop({ transfer: false })
})

test("a leader's own disk, a full window, a full backlog", async () => {
  const solo = await Solo.start({
    messageBytesMax: 1_024,
    inFlightBytesMax: 1_024,
    uncommittedBytesMax: 2_048,
    requestTimeoutMs: 60_000,
  })
  await solo.lead()
  await solo.openSession()
  solo.disk.writes = 'held'
  for (let i = 0; i < 20; i++) void solo.node.propose(`${i}`.padStart(400, '.')).catch(() => undefined)
  await solo.world.calm()
  expect(said(solo.node, 'own-disk-behind')).toEqual(['the disk of A has entries up to 2 of 8'])
  expect(said(solo.node, 'follower-behind')[0]).toMatch(
    /^B is 6 entries behind: 2 messages with \d+ bytes on the way, as much as its window of 1024 bytes and 16 messages allows/,
  )
  expect(said(solo.node, 'proposals-wait')).toEqual([
    expect.stringMatching(
      /^20 proposals wait: A has 6 entries uncommitted and \d+ bytes not committed.*, the limit$/,
    ),
  ])
  solo.disk.writes = 'at once'
  solo.disk.completeWrites()
  await solo.node.stop({ transfer: false })
})

test('a follower knows what it has not been told, what it has not applied, and when it cannot ask', async () => {
  const solo = await Solo.start({ disk: { writes: 'at once' }, logCacheBytesMax: 1 })
  solo.disk.holdReads = true
  const blocks = [block(1, 1, 'x'), block(2, 1, 'y'), block(3, 1, 'z')]
  await solo.receive('B', append(1, 0, 0, blocks, { leaderCommit: 0 }))
  await solo.receive('B', append(1, 3, 1, [], { leaderCommit: 2 }))
  expect(said(solo.node, 'not-committed')).toEqual([
    'entry 3 is not known to be committed: B has not said so yet',
  ])
  expect(said(solo.node, 'not-applied')).toEqual(['entries 1 to 2 are committed and not applied on A yet'])
  void solo.node.read(() => 0).catch(() => undefined)
  await solo.world.calm()
  expect(said(solo.node, 'reads-wait')).toEqual([
    '1 read waits for B to confirm them, or to be applied up to there',
  ])
  solo.host.linkDown('B', 'cut')
  void solo.node.propose('w').catch(() => undefined)
  await solo.world.calm()
  expect(said(solo.node, 'proposals-wait')).toEqual(['1 proposal waits for the link to the leader B'])
  solo.disk.releaseReads()
  await solo.node.stop({ transfer: false })
})

test('a node that joins says what it still waits for, and what it was told last', async () => {
  await joining.start(2)
  joining.deafen('B')
  const { world } = joining.cluster
  const node = await world.outcome(joining.join('B', 'A'))
  const waits = 'B is a learner that waits to be promoted in words; last answer: A:'
  expect(said(node, 'join-waits')).toEqual([`${waits} it is a learner`])
  await world.until('it was told why', () => !said(node, 'join-waits')[0]!.endsWith('a learner'))
  expect(said(node, 'join-waits')).toEqual([`${waits} B has not caught up yet`])
  await joining.stop()
})
