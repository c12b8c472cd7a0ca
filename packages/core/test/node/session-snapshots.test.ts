// Sessions across snapshots (Raft §8, thesis §6.3): what a caller repeats gets its first answer, or is refused, whoever was
// restored from what.
import { afterEach, expect, test } from 'vitest'
import { Cluster, type ClusterOptions, type WordsNode } from './harness/cluster.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const LIMITS = { snapshotTrailingBytes: 1, snapshotChunkBytes: 64 }

async function started(options: ClusterOptions = {}): Promise<[WordsNode, WordsNode, WordsNode]> {
  cluster = await Cluster.start({ ...LIMITS, ...options })
  const [leader, ...others] = await cluster.elected()
  return [leader, others[0]!, others[1]!]
}

/** Snapshots take the place of their logs, but for the last block. */
async function compact(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const index = await cluster.world.outcome(cluster.node(id).takeSnapshot())
    await cluster.world.until('the log is gone', () => cluster.node(id).status().firstIndex >= index)
  }
}

test('a retry after fail-over to a member that was restored from a snapshot gets the first answer', async () => {
  const [leader, other, lost] = await started()
  const id = await cluster.world.outcome(leader.openSession())
  cluster.network.partition([leader.id, other.id], [lost.id])
  const session = { id, sequence: 1 }
  const first = await cluster.world.outcome(leader.proposeWithReceipt('once', { session }))
  const rejected = { session: { id, sequence: 2 } }
  expect(await cluster.world.failure(leader.propose('!no', rejected))).toBe('ERR_COMMAND_REJECTED')
  await cluster.agreed([leader.id, other.id])
  await compact([leader.id, other.id])
  cluster.network.heal()
  await cluster.agreed()
  await cluster.world.calm()
  expect(cluster.installs).toBe(1)
  await cluster.world.outcome(leader.transferLeadership(lost.id, { timeoutMs: 60_000 }))
  await cluster.kill(leader.id)
  const [now] = await cluster.elected([lost.id, other.id])
  expect(now.id).toBe(lost.id)
  for (const node of [lost, other]) {
    expect(await cluster.world.outcome(node.proposeWithReceipt('once', { session }))).toEqual(first)
    expect(await cluster.world.failure(node.propose('!no', rejected))).toBe('ERR_COMMAND_REJECTED')
  }
  await cluster.agreed()
  expect(cluster.words(lost.id)).toEqual(['once'])
})

test('a retry after every server has restarted from its snapshot gets the first answer', async () => {
  const [leader] = await started()
  const id = await cluster.world.outcome(leader.openSession())
  const session = { id, sequence: 7, acknowledgedBelow: 3 }
  const first = await cluster.world.outcome(leader.proposeWithReceipt('once', { session }))
  await cluster.agreed()
  await compact(cluster.ids)
  for (const member of cluster.ids) await cluster.kill(member)
  for (const member of cluster.ids) await cluster.start(member)
  await cluster.elected()
  for (const member of cluster.ids) {
    const node = cluster.node(member)
    expect(await cluster.world.outcome(node.proposeWithReceipt('once', { session }))).toEqual(first)
    // What the caller had acknowledged stays so, and what it has not used is free.
    const acknowledged = node.propose('late', { session: { id, sequence: 2 } })
    expect(await cluster.world.failure(acknowledged)).toBe('ERR_OUTCOME_UNKNOWN')
  }
  const free = { session: { id, sequence: 4 } }
  expect(await cluster.world.outcome(cluster.node('A').propose('between', free))).toBe(2)
  await cluster.agreed()
  for (const member of cluster.ids) expect(cluster.words(member)).toEqual(['once', 'between'])
})

test.each([
  ['had ended when the snapshot was taken', true],
  ['ends behind the snapshot that holds it', false],
])('a session that %s runs nothing any more, on whoever was restored', async (_when, before) => {
  const [leader, other, lost] = await started()
  const id = await cluster.world.outcome(leader.openSession({ ttlMs: 500 }))
  cluster.network.partition([leader.id, other.id], [lost.id])
  await cluster.world.outcome(leader.propose('in time', { session: { id, sequence: 1 } }))
  if (before) await cluster.world.pass(1_000)
  // Sessions end by the time of the entries.
  await cluster.world.outcome(leader.propose('somebody else'))
  await cluster.agreed([leader.id, other.id])
  await compact([leader.id, other.id])
  if (!before) await cluster.world.pass(1_000)
  cluster.network.heal()
  await cluster.agreed()
  await cluster.world.calm()
  expect(cluster.installs).toBe(1)
  for (const member of cluster.ids) await cluster.kill(member)
  for (const member of cluster.ids) await cluster.start(member)
  await cluster.elected()
  for (const member of cluster.ids) {
    for (const sequence of [1, 2]) {
      const retry = cluster.node(member).propose('again', { session: { id, sequence } })
      expect(await cluster.world.failure(retry)).toBe('ERR_SESSION_EXPIRED')
    }
  }
  await cluster.agreed()
  for (const member of cluster.ids) expect(cluster.words(member)).toEqual(['in time', 'somebody else'])
})

test('a snapshot of the joint phase holds both majorities and the sessions; whoever is restored from it ends the change', async () => {
  cluster = Cluster.prepare({ size: 4, voters: 3, ...LIMITS })
  for (const id of 'ABCD') await cluster.start(id)
  const [leader, other, lost] = await cluster.elected([...'ABC'])
  const id = await cluster.world.outcome(leader.openSession())
  const session = { id, sequence: 1 }
  const first = await cluster.world.outcome(leader.proposeWithReceipt('once', { session }))
  await cluster.agreed([...'ABC'])
  cluster.network.partition([leader.id, other!.id, 'D'], [lost!.id])
  let joint = Number.POSITIVE_INFINITY
  leader.on('MembershipChanged', ({ index, configuration }) => {
    if (configuration.outgoing !== undefined) joint = index
  })
  // The entry that ends the joint phase reaches nobody.
  cluster.network.judge = ({ from, frame: { messages } }) =>
    from === leader.id &&
    messages.some(
      (message) =>
        message.type === 'AppendEntries' && message.entries.some(({ lastIndex }) => lastIndex > joint),
    )
      ? 'drop'
      : 'pass'
  const change = leader.changeMembership(
    { add: [{ id: 'D', address: 'D', role: 'voter' }], remove: [other!.id] },
    { timeoutMs: 600_000 },
  )
  void change.catch(() => undefined)
  await cluster.world.until('the joint phase is committed', () => leader.status().lastApplied >= joint)
  expect(await cluster.world.outcome(leader.takeSnapshot())).toBe(joint)
  const roles = (of: string) =>
    Object.fromEntries(
      cluster.disk(of).snapshot!.metadata.members.map((one) => [one.id, one.outgoing ? 'leaves' : one.role]),
    )
  const both = { [leader.id]: 'leaves', [other!.id]: 'leaves', [lost!.id]: 'leaves', D: 'voter' }
  expect(roles(leader.id)).toEqual(both)

  await cluster.world.until('the log is gone', () => leader.status().firstIndex >= joint)
  cluster.network.heal()
  await cluster.world.until('it is restored', () => cluster.disk(lost!.id).snapshot?.metadata.index === joint)
  expect(roles(lost!.id)).toEqual(both)
  // Its process ends, and the leader's: the others know it from their snapshots, or their logs.
  await cluster.kill(lost!.id)
  await cluster.start(lost!.id)
  await cluster.kill(leader.id)
  cluster.network.judge = () => 'pass'
  const back = await cluster.start(leader.id)
  const final = [leader.id, lost!.id, 'D'].sort()
  const isOver = (): boolean =>
    final.every((one) => {
      const { members } = cluster.node(one).status()
      return members.length === 3 && members.every((member) => final.includes(member.id) && !member.outgoing)
    })
  await cluster.world.until('the change has ended', isOver)
  await cluster.agreed(final)
  for (const one of final)
    expect(await cluster.world.outcome(cluster.node(one).proposeWithReceipt('once', { session }))).toEqual(
      first,
    )
  expect(back.status().stopped).toBe(false)
  expect(cluster.words('D')).toEqual(['once'])
})
