// What a caller of changeMembership is told, and what stands in the log by then.
import { afterEach, describe, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { MEMBERS_MAX } from '../../src/wire/limits.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const member = (id: string, role: Member['role'] = 'voter'): Member => ({ id, address: id, role })

/** A, B and C with a leader; D, E, ... run, and know the list that the cluster began with. */
async function start(joining = ''): Promise<WordsNode> {
  cluster = Cluster.prepare({ size: 3 + joining.length, voters: 3 })
  for (const id of 'ABC') await cluster.start(id)
  const [leader] = await cluster.elected(['A', 'B', 'C'])
  for (const id of joining) await cluster.start(id)
  return leader
}

const change = (node: WordsNode, ...args: Parameters<WordsNode['changeMembership']>) =>
  cluster.world.outcome(node.changeMembership(...args))

const others = (leader: WordsNode): [string, string] =>
  [...'ABC'].filter((id) => id !== leader.id) as [string, string]

describe('a change that takes two steps', () => {
  test('and would lose the quorum in the second one is refused before the first', async () => {
    const leader = await start('D')
    const [dead, other] = others(leader)
    await cluster.kill(dead)
    await cluster.world.pass(1_000)
    await expect(change(leader, { add: [member('D')], remove: [leader.id, other] })).rejects.toMatchObject({
      code: 'ERR_MEMBERSHIP_REFUSED',
      message: expect.stringContaining('no majority of the new voters'),
    })
    expect(leader.status().membersIndex).toBe(0)
  })

  test('and is refused after the first one has not left the members as they were, and says so', async () => {
    const leader = await start('D')
    const [dead, other] = others(leader)
    cluster.network.partition(['D'], [...'ABC'])
    const outcome = leader
      .changeMembership({ add: [member('D')], remove: [leader.id, other] }, { timeoutMs: 60_000 })
      .catch((error: unknown) => error)
    await cluster.world.until('D is a learner', () => leader.members.some(({ id }) => id === 'D'))
    await cluster.kill(dead)
    await cluster.world.pass(1_000)
    cluster.network.heal()
    const error = await cluster.world.outcome(outcome)
    expect(error).toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
      message: expect.stringContaining('no majority of the new voters'),
      cause: expect.objectContaining({ code: 'ERR_MEMBERSHIP_REFUSED' }),
    })
    expect(leader.members).toContainEqual(expect.objectContaining({ id: 'D', role: 'learner' }))
  })
})

describe('as many members as there may be', () => {
  const learners = (count: number): Member[] =>
    Array.from({ length: count }, (_, i) => member(`L${i}`, 'learner'))

  test('a replacement that needs room for both is refused; the leader goes on', async () => {
    const leader = await start()
    await change(leader, { add: learners(MEMBERS_MAX - 3) })
    const [one] = others(leader)
    for (const wrong of [
      { add: [member('X')], remove: ['L0'] },
      { add: [member('X', 'learner')], remove: [one] },
    ]) {
      await expect(change(leader, wrong)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
    }
    await change(leader, { add: [member('X', 'learner')], remove: ['L0'] })
    expect(leader.members.length).toBe(MEMBERS_MAX)
    expect(await cluster.world.outcome(leader.propose('goes on'))).toBe(1)
  })
})

describe('a leader that has just been elected', () => {
  test('waits for its first commit: nobody else changes the members meanwhile', async () => {
    const before = await start()
    await change(before, { add: [member('D', 'learner')] })
    await cluster.agreed([...'ABC'])
    for (const id of 'ABC') await cluster.kill(id)
    let outcome: Promise<unknown> | undefined
    for (const id of 'ABC') {
      const node = await cluster.start(id)
      node.on('BecameLeader', () => {
        outcome ??= node.changeMembership({ remove: ['D'] })
      })
    }
    await cluster.world.until('somebody leads', () => outcome !== undefined)
    await cluster.world.outcome(outcome!)
  })
})

describe('a member that was removed', () => {
  test('is none of those that its peers have links to', async () => {
    const leader = await start('D')
    await change(leader, { add: [member('D')] })
    await cluster.kill('D')
    await change(leader, { remove: ['D'] })
    await cluster.world.pass(1_000)
    for (const id of 'ABC') expect(cluster.network.peersOf(id), id).not.toContain('D')
  })

  test('and still leads, because another one has to be told, is heard by those that stay until it hands over', async () => {
    const leader = await start('D')
    await change(leader, { add: [member('D')] })
    const [dead, stays] = others(leader)
    await cluster.kill(dead)
    const asked: string[] = []
    for (const id of [stays, 'D']) cluster.node(id).on('BecamePreCandidate', () => asked.push(id))
    await change(leader, { remove: [leader.id, dead] })
    await cluster.world.outcome(leader.closed)
    await cluster.elected([stays, 'D'])
    expect(asked).toEqual([])
    expect(cluster.network.peersOf(stays)).toEqual(['D'])
  })

  test('and added again, while a peer was away, is welcome to that one with another storage', async () => {
    const leader = await start('DE')
    await change(leader, { add: [member('D'), member('E')] })
    const [away] = others(leader)
    await cluster.agreed([...'ABCDE'])
    for (const id of [away, 'D']) await cluster.kill(id)
    cluster.disks.set('D', new Disk(cluster.world))
    await change(leader, { remove: ['D'] })
    await change(leader, { add: [member('D', 'learner')] })
    const back = await cluster.start(away)
    await cluster.agreed([...'ABCE'])
    const again = await cluster.start('D')
    await cluster.agreed([...'ABCDE'])
    await change(leader, { promote: ['D'], remove: [leader.id] })
    await cluster.elected([...'ABCDE'].filter((id) => id !== leader.id))
    expect(back.status().members).toContainEqual({ ...member('D'), incarnation: again.status().incarnation })
  })

  test('and is added again at once, with another storage, is another incarnation', async () => {
    const leader = await start('D')
    await change(leader, { add: [member('D')] })
    await cluster.kill('D')
    cluster.disks.set('D', new Disk(cluster.world))
    await change(leader, { remove: ['D'] })
    const outcome = leader.changeMembership({ add: [member('D')] }, { timeoutMs: 60_000 })
    await cluster.world.pass(1_000)
    const again = await cluster.start('D')
    const { members } = await cluster.world.outcome(outcome)
    const { incarnation } = again.status()
    expect(members).toContainEqual({ ...member('D'), incarnation })
    await cluster.world.outcome(leader.propose('x'))
    await cluster.agreed([...'ABCD'])
    expect(cluster.words('D')).toEqual(cluster.words(leader.id))
  })
})
