// A member that was away while another one was removed and added again, on another disk, meets that one before it has heard of it.
import { afterEach, expect, test } from 'vitest'
import type { NodeLimits } from '../../src/node/types.js'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const D: Member = { id: 'D', address: 'D', role: 'voter' }

/** Entries before and behind these are in different messages of 1 KiB. */
async function longWords(leader: WordsNode): Promise<void> {
  for (const word of 'stuv') await cluster.world.outcome(leader.propose(word.repeat(400)))
}

/** D was removed, and its disk is another one, while `away` was cut off. */
async function dIsRemoved(limits: NodeLimits = {}): Promise<{ away: string; leader: WordsNode }> {
  cluster = Cluster.prepare({ size: 4, voters: 3, ...limits })
  for (const id of 'ABC') await cluster.start(id)
  const [leader, , follower] = await cluster.elected([...'ABC'])
  const away = follower!.id
  const { network, world } = cluster
  const old = await cluster.start('D')
  await world.outcome(leader.changeMembership({ add: [D] }))
  // The entry that names its storage is the next one.
  await world.outcome(leader.changeMembership({ demote: ['D'] }))
  await world.outcome(leader.changeMembership({ promote: ['D'] }))
  await cluster.agreed([...'ABCD'])
  network.partition(
    [away],
    [...'ABCD'].filter((id) => id !== away),
  )
  if (limits.messageBytesMax !== undefined) await longWords(leader)
  const stopped = world.outcome(old.closed)
  await world.outcome(leader.changeMembership({ remove: ['D'] }))
  await stopped
  await cluster.kill('D')
  cluster.disks.set('D', new Disk(world))
  const there = [...'ABC'].filter((id) => id !== away)
  await world.until('D is forgotten', () => there.every((id) => !network.peersOf(id).includes('D')))
  return { away, leader }
}

/** And it was added again, and leads. */
async function dLeads(): Promise<{ away: string; d: WordsNode }> {
  const { away, leader } = await dIsRemoved()
  const { world } = cluster
  const d = await cluster.start('D')
  await world.outcome(leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 }))
  await world.outcome(leader.propose('while it was away'))
  expect(await world.outcome(leader.transferLeadership('D'))).toBe('D')
  return { away, d }
}

/** Before anybody else tells of the change. */
async function awayMeetsDAlone(away: string): Promise<void> {
  const { network, world } = cluster
  network.heal()
  network.partition(
    [away],
    [...'ABC'].filter((id) => id !== away),
  )
  await world.pass(2_000)
}

test('it follows that one, and learns from it who it is', async () => {
  const { away, d } = await dLeads()
  const closed: unknown[] = []
  void d.closed.then((error) => closed.push(error))
  cluster.network.heal()
  await cluster.world.until('it has learned of it', () => {
    const { members, leaderId } = cluster.node(away).status()
    const { incarnation } = d.status()
    return leaderId === 'D' && members.some((one) => one.id === 'D' && one.incarnation === incarnation)
  })
  expect(closed).toEqual([])
  await cluster.agreed([...'ABCD'])
  expect(cluster.words(away)).toEqual(['while it was away'])
  // From then on it is a member like any other.
  expect(await cluster.world.outcome(cluster.node(away).propose('from there'))).toBe(2)
})

test('it goes on, also where nobody knew its storage yet when it was added', async () => {
  const { away, leader } = await dIsRemoved()
  const { network, world } = cluster
  await world.outcome(leader.changeMembership({ add: [{ ...D, role: 'learner' }] }))
  const d = await cluster.start('D')
  const closed: unknown[] = []
  void d.closed.then((error) => closed.push(error))
  await world.until('it has that entry', () => d.status().members.some(({ id }) => id === 'D'))
  expect(d.status().members.find(({ id }) => id === 'D')?.incarnation).toBeUndefined()
  await awayMeetsDAlone(away)
  expect(closed).toEqual([])
  network.heal()
  await cluster.agreed([...'ABCD'])
  await world.outcome(leader.changeMembership({ promote: ['D'] }, { timeoutMs: 60_000 }))
  expect(closed).toEqual([])
})

test.each(['it was added', 'the one before it was removed'])(
  'it goes on, also with a log that ends before %s',
  async (end) => {
    const { away, leader } = await dIsRemoved({ messageBytesMax: 1_024 })
    const { network, world } = cluster
    const { membersIndex: removed } = leader.status()
    await longWords(leader)
    await world.outcome(leader.changeMembership({ add: [{ ...D, role: 'learner' }] }))
    const { membersIndex: added } = leader.status()
    // C_old,new and C_new removed it.
    const [from, to] = end === 'it was added' ? [removed, added - 1] : [removed - 3, removed - 2]
    network.judge = (sent) => {
      const isLater = sent.frame.messages.some(
        (message) =>
          message.type === 'AppendEntries' && message.entries.some(({ lastIndex }) => lastIndex > to),
      )
      return sent.to === 'D' && isLater ? 'drop' : 'pass'
    }
    const d = await cluster.start('D')
    const closed: unknown[] = []
    void d.closed.then((error) => closed.push(error))
    await world.until('it has those before', () => d.status().lastIndex >= from)
    expect(d.status().membersIndex).toBeLessThan(added)
    await awayMeetsDAlone(away)
    expect(closed).toEqual([])
    network.judge = () => 'pass'
    network.heal()
    await cluster.agreed([...'ABCD'])
    expect(closed).toEqual([])
  },
)

/** Its log stays empty: it has no word for itself at all. */
async function dHearsNothing(leader: WordsNode): Promise<WordsNode> {
  const { network, world } = cluster
  network.judge = ({ to, frame }) =>
    to === 'D' && frame.messages.some(({ type }) => type === 'AppendEntries') ? 'drop' : 'pass'
  await world.outcome(leader.changeMembership({ add: [{ ...D, role: 'learner' }] }))
  return cluster.start('D')
}

// Simulator, seed 1570: it was removed itself, did not know, and stopped the learner each time that this one started.
test('it does not stop that one: it hears no leader, so that it may itself be the one that is behind', async () => {
  const { away, leader } = await dIsRemoved()
  const d = await dHearsNothing(leader)
  const { network, world } = cluster
  const closed: unknown[] = []
  void d.closed.then((error) => closed.push(error))
  const refused: unknown[] = []
  d.on('HelloRefused', ({ by, refusal }) => refused.push([by, refusal]))
  await world.until('it hears no leader any more', () => cluster.node(away).status().leaderId === undefined)
  await awayMeetsDAlone(away)
  expect(refused).toContainEqual([away, 'incarnation-doubted'])
  expect(d.status().lastIndex).toBe(0)
  expect(closed).toEqual([])
  network.judge = () => 'pass'
  network.heal()
  await cluster.agreed([...'ABCD'])
  await world.outcome(leader.changeMembership({ promote: ['D'] }, { timeoutMs: 60_000 }))
  expect(closed).toEqual([])
})

test('a doubt stops the wiped disk of a voter that others may count: here it would elect one that has forgotten it', async () => {
  cluster = Cluster.prepare()
  for (const id of 'ABC') await cluster.start(id)
  const [leader, wiped, other] = await cluster.elected()
  const { network, world } = cluster
  await world.outcome(leader.propose('word'))
  await cluster.agreed()
  for (const { id } of [wiped!, leader]) await cluster.kill(id)
  await world.until('it hears no leader any more', () => other!.status().leaderId === undefined)
  cluster.disks.set(wiped!.id, new Disk(world))
  network.partition([leader.id], [other!.id])
  await cluster.start(leader.id)
  const back = await cluster.start(wiped!.id)
  const refused: unknown[] = []
  back.on('HelloRefused', ({ by, refusal }) => refused.push([by, refusal]))
  expect(await world.outcome(back.closed)).toMatchObject({ code: 'ERR_INCARNATION_CHANGED' })
  expect(refused).toEqual([[other!.id, 'incarnation-doubted']])
  cluster.nodes.delete(wiped!.id)
  await world.pass(2_000)
  expect(cluster.node(leader.id).status().role).not.toBe('leader')
  network.heal()
  expect(await world.outcome(cluster.node(leader.id).propose('without it'))).toBe(2)
})

test('a wiped disk has no such word for itself, and is refused as ever', async () => {
  const { away, d } = await dLeads()
  cluster.network.heal()
  await cluster.agreed([...'ABCD'])
  await cluster.kill('D')
  cluster.disks.set('D', new Disk(cluster.world))
  const wiped = await cluster.start('D')
  expect(await cluster.world.outcome(wiped.closed)).toMatchObject({ code: 'ERR_INCARNATION_CHANGED' })
  cluster.nodes.delete('D')
  expect(
    cluster
      .node(away)
      .status()
      .members.find(({ id }) => id === 'D'),
  ).toMatchObject({
    incarnation: d.status().incarnation,
  })
})
