// A server that was away has a configuration of a deposed leader, behind all that others have committed since: it is no later one.
import { afterEach, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster
afterEach(() => cluster?.stop())

const E: Member = { id: 'E', address: 'E', role: 'voter' }
const EVERYBODY = [...'ABCDE']

const without = (...ids: readonly string[]): string[] => EVERYBODY.filter((id) => !ids.includes(id))

/** A leader and `away`, cut off, appended a configuration that nobody else has; both were stopped. */
async function deposed(): Promise<{ away: string; index: number }> {
  cluster = Cluster.prepare({ size: 6, voters: 4 })
  const { world, network } = cluster
  for (const id of 'ABCD') await cluster.start(id)
  const [leader, follower] = await cluster.elected([...'ABCD'])
  const away = follower!.id
  await cluster.start('E')
  await world.outcome(leader.changeMembership({ add: [E] }, { timeoutMs: 60_000 }))
  await world.outcome(leader.propose('first'))
  await cluster.agreed(EVERYBODY)
  network.partition([leader.id, away], without(leader.id, away))
  const lost = Array.from({ length: 60 }, (_, i) => leader.propose(`lost ${i}`))
  lost.push(leader.changeMembership({ add: [{ id: 'F', address: 'F', role: 'learner' }] }).then(() => 0))
  for (const one of lost) one.catch(() => {})
  const status = () => cluster.node(away).status()
  await world.until('it has that entry', () => status().members.some(({ id }) => id === 'F'))
  const { membersIndex: index } = status()
  for (const id of [away, leader.id]) await cluster.kill(id)
  await cluster.elected(without(leader.id, away))
  network.heal()
  await cluster.start(leader.id)
  return { away, index }
}

/** Meanwhile E was removed, and added again on another disk. */
async function replaced(): Promise<string> {
  const { away, index } = await deposed()
  const { world, network } = cluster
  const rest = without(away)
  let [leader] = await cluster.elected(rest)
  if (leader.id === 'E') {
    const to = without(away, 'E')[0]!
    await world.outcome(leader.transferLeadership(to))
    leader = cluster.node(to)
  }
  const stopped = world.outcome(cluster.node('E').closed)
  await world.outcome(leader.changeMembership({ remove: ['E'] }))
  await stopped
  await cluster.kill('E')
  cluster.disks.set('E', new Disk(world))
  await world.until('E is forgotten', () =>
    without(away, 'E').every((id) => !network.peersOf(id).includes('E')),
  )
  await cluster.start('E')
  await world.outcome(leader.changeMembership({ add: [E] }, { timeoutMs: 60_000 }))
  await cluster.agreed(rest)
  expect(cluster.node('E').status().membersIndex).toBeLessThan(index)
  return away
}

test('it stops no member that came back on another disk', async () => {
  const away = await replaced()
  const { world, network } = cluster
  const closed: unknown[] = []
  void cluster.node('E').closed.then((error) => closed.push(error))
  // It hears the leader, and what takes its configuration away is late.
  network.judge = ({ to, frame }) =>
    to === away && frame.messages.some((one) => one.type === 'AppendEntries' && one.entries.length > 0)
      ? 'drop'
      : 'pass'
  await cluster.start(away)
  await world.pass(1_000)
  network.judge = () => 'pass'
  await cluster.agreed(EVERYBODY)
  expect(closed).toEqual([])
})

test('it hears that member when it leads', async () => {
  const away = await replaced()
  const { world } = cluster
  const leader = cluster.leaderAmong(without(away))!
  expect(await world.outcome(leader.transferLeadership('E'))).toBe('E')
  await cluster.start(away)
  await world.until('it follows', () => cluster.node(away).status().leaderId === 'E')
  await cluster.agreed(EVERYBODY)
})
