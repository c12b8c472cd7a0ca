// A member that is removed and added again under its id, with another disk, while frames of its first time still fly.
import { afterEach, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'
import type { Sent } from './harness/network.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const D: Member = { id: 'D', address: 'D', role: 'voter' }

/** D was a voter with 20 words, is out, and has lost its disk. All that was sent between it and the others has been kept. */
async function removed(): Promise<{ leader: WordsNode; old: Sent[]; incarnation: string }> {
  cluster = Cluster.prepare({ size: 4, voters: 3 })
  for (const id of 'ABC') await cluster.start(id)
  const [leader] = await cluster.elected([...'ABC'])
  const first = await cluster.start('D')
  await cluster.world.outcome(leader.changeMembership({ add: [D] }))
  for (let i = 0; i < 20; i++) await cluster.world.outcome(leader.propose(`w${i}`))
  await cluster.agreed([...'ABCD'])
  const old = cluster.network.sent.filter(({ from, to }) => from === 'D' || to === 'D')
  const stopped = cluster.world.outcome(first.closed)
  await cluster.world.outcome(leader.changeMembership({ remove: ['D'] }))
  expect(await stopped).toMatchObject({ code: 'ERR_REMOVED' })
  const { incarnation } = first.status()
  await cluster.kill('D')
  cluster.disks.set('D', new Disk(cluster.world))
  const { network, world } = cluster
  await world.until('D is forgotten', () => [...'ABC'].every((id) => !network.peersOf(id).includes('D')))
  return { leader, old, incarnation }
}

const matchIndexOf = (leader: WordsNode): number | undefined =>
  leader.status().followers.find(({ id }) => id === 'D')?.matchIndex

test('what it acknowledged then says nothing of the new disk: it begins from nothing, and nobody counts it before that', async () => {
  const { leader, old, incarnation } = await removed()
  const again = await cluster.start('D')
  expect(again.status().incarnation).not.toBe(incarnation)
  // The new D is sent no entries yet, so that whatever the leader knows of it would be from the old frames.
  cluster.network.judge = ({ to, frame }) =>
    to === 'D' && frame.messages.some(({ type }) => type === 'AppendEntries') ? 'drop' : 'pass'
  const change = leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 })
  await cluster.world.until('it is a learner', () => matchIndexOf(leader) !== undefined)
  const claims = old.flatMap(({ from, to, frame }) =>
    from === 'D' && to === leader.id
      ? frame.messages.map((message) => (message.type === 'AppendEntriesReply' ? message.matchIndex : 0))
      : [],
  )
  expect(Math.max(...claims)).toBeGreaterThan(20)
  cluster.network.release(old.filter(({ from }) => from === 'D'))
  await cluster.world.pass(500)
  expect(matchIndexOf(leader)).toBe(0)
  expect(leader.status().members.find(({ id }) => id === 'D')).toMatchObject({ role: 'learner' })

  cluster.network.judge = () => 'pass'
  const { members } = await cluster.world.outcome(change)
  expect(members.find(({ id }) => id === 'D')).toMatchObject({
    role: 'voter',
    incarnation: again.status().incarnation,
  })
  await cluster.agreed([...'ABCD'])
  expect(cluster.words('D')).toEqual(cluster.words('A'))
})

test('what it was sent then gives it no log with a hole, and it becomes a member like any other', async () => {
  const { leader, old } = await removed()
  const again = await cluster.start('D')
  cluster.network.release(old.filter(({ to }) => to === 'D').reverse())
  await cluster.world.pass(500)
  const change = leader.changeMembership({ add: [D] }, { timeoutMs: 60_000 })
  cluster.network.release(old.filter(({ to }) => to === 'D'))
  await cluster.world.outcome(change)
  await cluster.world.outcome(leader.propose('after'))
  await cluster.agreed([...'ABCD'])
  expect(cluster.words('D')).toEqual([...Array.from({ length: 20 }, (_, i) => `w${i}`), 'after'])
  expect(again.status().term).toBe(leader.status().term)
})
