// Members that come and go while snapshots replace the log that told of them, with real nodes.
import { afterEach, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type WordsNode } from './harness/cluster.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const member = (id: string, role: Member['role']): Member => ({ id, address: id, role })

const rolesOf = (members: readonly Member[]): Record<string, string> =>
  Object.fromEntries(members.map(({ id, role }) => [id, role]))

/** A, B and C with words, whose logs have been replaced by snapshots. */
async function old(size: number, words: readonly string[]): Promise<WordsNode> {
  cluster = Cluster.prepare({ size, voters: 3, snapshotTrailingBytes: 1, snapshotChunkBytes: 64 })
  for (const id of 'ABC') await cluster.start(id)
  const [leader] = await cluster.elected([...'ABC'])
  for (const word of words) await cluster.world.outcome(leader.propose(word))
  await cluster.agreed([...'ABC'])
  await compact('ABC')
  return leader
}

async function compact(ids: string): Promise<void> {
  for (const id of ids) {
    const index = await cluster.world.outcome(cluster.node(id).takeSnapshot())
    await cluster.world.until('the log is gone', () => cluster.node(id).status().firstIndex >= index)
  }
}

const WORDS = Array.from({ length: 30 }, (_, i) => `word${i}`)

test('a learner that joins an old cluster is caught up by snapshot, then promoted, and votes', async () => {
  const leader = await old(4, WORDS)
  await cluster.start('D')
  const learner = await cluster.world.outcome(leader.changeMembership({ add: [member('D', 'learner')] }))
  await cluster.world.until('D has the snapshot', () => cluster.installs > 0)
  expect(cluster.words('D')).toEqual(WORDS)
  const expectedIndex = learner.index
  const { members } = await cluster.world.outcome(leader.changeMembership({ promote: ['D'], expectedIndex }))
  expect(rolesOf(members)).toEqual({ A: 'voter', B: 'voter', C: 'voter', D: 'voter' })
  await cluster.agreed([...'ABCD'])
  expect(cluster.words('D')).toEqual(WORDS)
  expect(cluster.node('D').status().members).toEqual(members)
  // Three of four are needed, so D is one of them.
  const dead = [...'ABC'].find((id) => id !== leader.id)!
  await cluster.kill(dead)
  expect(await cluster.world.outcome(leader.propose('with D', { timeoutMs: 60_000 }))).toBe(31)
})

test('when no log tells of the members any more, a restarted node has them from its snapshot, and is let in', async () => {
  const leader = await old(4, ['a'])
  await cluster.start('D')
  const change = { add: [member('D', 'voter')], remove: [[...'ABC'].find((id) => id !== leader.id)!] }
  const { members } = await cluster.world.outcome(leader.changeMembership(change))
  const ids = members.map(({ id }) => id).sort()
  await cluster.world.outcome(leader.propose('b'))
  await cluster.agreed(ids)
  // One after the other: those that have the members from a snapshot, and those that have them from the log, know each other.
  for (const [i, compacted] of ids.entries()) {
    await compact(compacted)
    expect(cluster.disk(compacted).snapshot?.metadata.members).toEqual(members)
    for (const id of ids) await cluster.kill(id)
    for (const id of ids) expect((await cluster.start(id)).status().members).toEqual(members)
    const [next] = await cluster.elected(ids)
    expect(await cluster.world.outcome(next.propose('c'))).toBe(3 + i)
  }
})

test('a change that is not committed is in no snapshot, and is undone when it is truncated (canonical/raft#250)', async () => {
  const leader = await old(4, ['a'])
  // There is something for a new snapshot to hold.
  await cluster.world.outcome(leader.propose('b'))
  await cluster.agreed([...'ABC'])
  const before = leader.status().members
  const { index: taken } = cluster.disk(leader.id).snapshot!.metadata
  const rest = [...'ABC'].filter((id) => id !== leader.id)
  cluster.network.partition([leader.id], rest)
  const change = leader.changeMembership({ add: [member('D', 'learner')] }, { timeoutMs: 60_000 })
  const settled = change.then(
    () => 'changed',
    ({ code }) => code as string,
  )
  await cluster.world.until('it is in force there', () => leader.status().members.length === 4)
  // A proposal that nobody else has is not applied: the snapshot is of what is.
  expect(await cluster.world.outcome(leader.takeSnapshot())).toBeGreaterThan(taken)
  expect(cluster.disk(leader.id).snapshot?.metadata.members).toEqual(before)
  await cluster.elected(rest)
  cluster.network.heal()
  await cluster.agreed([...'ABC'])
  expect(await cluster.world.outcome(settled)).toBe('ERR_OUTCOME_UNKNOWN')
  for (const id of 'ABC') expect(cluster.node(id).status().members).toEqual(before)
})

test('a member that was away gets the members with the snapshot, a leader among them that it has never heard of', async () => {
  const leader = await old(5, ['a'])
  const lost = [...'ABC'].find((id) => id !== leader.id)!
  const others = [...'ABC'].filter((id) => id !== lost)
  for (const id of 'DE') await cluster.start(id)
  cluster.network.partition([...others, 'D', 'E'], [lost])
  await cluster.world.outcome(leader.changeMembership({ add: [member('D', 'voter'), member('E', 'voter')] }))
  for (const word of ['b', 'c', 'd']) await cluster.world.outcome(leader.propose(word, { timeoutMs: 60_000 }))
  const rest = [...others, 'D', 'E']
  await cluster.agreed(rest)
  await compact(rest.join(''))
  await cluster.world.outcome(leader.transferLeadership('D', { timeoutMs: 60_000 }))
  for (const id of others) await cluster.kill(id)
  const installs = cluster.installs
  cluster.network.heal()
  // Three of five are left, and `lost` knows neither D nor E.
  await cluster.agreed([lost, 'D', 'E'])
  expect(cluster.installs).toBe(installs + 1)
  expect(cluster.words(lost)).toEqual(['a', 'b', 'c', 'd'])
  expect(cluster.node(lost).status().members).toEqual(cluster.node('D').status().members)
})
