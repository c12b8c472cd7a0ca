// Lease reads (thesis §6.4.1) of a whole node.
import { expect, test } from 'vitest'
import { Cluster, type Words } from './harness/cluster.js'
import { Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

const leases = { clockDriftMax: 0.01 }
const lease = { consistency: 'lease' } as const
const count = ({ words }: Words): number => words.length

test('the leader answers without a message, a follower with one question', async () => {
  const cluster = await Cluster.start({ leases })
  const [leader, follower] = await cluster.elected()
  await cluster.world.outcome(leader.propose('x'))
  await cluster.world.pass(60)
  const { sent } = cluster.network
  const before = sent.length
  expect(await cluster.world.outcome(leader.read(count, lease))).toBe(1)
  expect(sent.length).toBe(before)
  expect(await cluster.world.outcome(follower!.read(count, lease))).toBe(1)
  expect(sent.slice(before).flatMap(({ frame }) => frame.messages.map(({ type }) => type))).toEqual([
    'ReadIndexRequest',
    'ReadIndexReply',
  ])
  await cluster.stop()
})

test('when the lease is over it asks a quorum, as any read does', async () => {
  const solo = await Solo.start({ leases })
  await solo.lead()
  await solo.acknowledge(['B'], 1)
  await solo.world.pass(140)
  expect(await solo.world.outcome(solo.node.read(count, lease))).toBe(0)
  // 150 ms, less than by what two clocks may differ: 147.03.
  await solo.world.pass(8)
  solo.sent = []
  const read = watch(solo.node.read(count, lease))
  await solo.world.calm()
  expect(read.state).toBe('pending')
  const { round } = solo.take('AppendEntries', 'B')[0]!
  await solo.acknowledge(['B'], round)
  expect(read).toEqual({ state: 'fulfilled', value: 0 })
  await solo.node.stop({ transfer: false })
})

test('it needs the option, within its range', async () => {
  const solo = await Solo.start()
  expect(await solo.world.failure(solo.node.read(count, lease))).toBe('ERR_INVALID_OPTION')
  await solo.node.stop()
  for (const clockDriftMax of [0, -1, 0.51, Number.NaN])
    await expect(Solo.start({ leases: { clockDriftMax } })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
    })
})

test('a voter that comes back votes for nobody for an election timeout', async () => {
  const solo = await Solo.start({ leases })
  await solo.follow('B', 1)
  await solo.node.stop()
  await solo.start()
  const request = { type: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 9, transfer: false } as const
  await solo.receive('C', request)
  expect(solo.take('RequestVoteReply')).toEqual([{ type: 'RequestVoteReply', term: 1, voteGranted: false }])
  await solo.world.pass(300)
  await solo.receive('C', request)
  expect(solo.take('RequestVoteReply')).toEqual([{ type: 'RequestVoteReply', term: 9, voteGranted: true }])
  await solo.node.stop()
})

test('members with other lease options do not talk to each other', async () => {
  const cluster = Cluster.prepare()
  const a = await cluster.start('A', { leases })
  const refusals = new Set<string>()
  a.on('HelloRefused', ({ refusal }) => void refusals.add(refusal))
  await cluster.start('B', { leases: { clockDriftMax: 0.02 } })
  await cluster.start('C', { leases, electionTimeoutMsMin: 160 })
  await cluster.world.pass(1_000)
  expect([...refusals]).toEqual(['wrong-lease'])
  expect(a.status().leaderId).toBeUndefined()
  await cluster.stop()
})

test('a transfer takes the lease away: the read waits for the new leader', async () => {
  const cluster = await Cluster.start({ leases })
  const [leader, next] = await cluster.elected()
  await cluster.world.outcome(leader.propose('x'))
  await cluster.world.pass(60)
  // Nothing comes back: neither does a round confirm a read, nor is the successor elected yet.
  cluster.network.judge = ({ to }) => (to === leader.id ? 'hold' : 'pass')
  const transferred = leader.transferLeadership(next!.id)
  const read = leader.read(count, lease)
  const early = watch(read)
  await cluster.world.pass(10)
  expect(early.state).toBe('pending')
  cluster.network.judge = () => 'pass'
  cluster.network.release()
  expect(await cluster.world.outcome(transferred)).toBe(next!.id)
  await cluster.world.outcome(next!.propose('y'))
  expect(await cluster.world.outcome(read)).toBeGreaterThanOrEqual(1)
  expect(await cluster.world.outcome(leader.read(count, lease))).toBe(2)
  await cluster.stop()
})
