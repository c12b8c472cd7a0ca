// Members that come and go, with real nodes: changeMembership from the call to its answer, and what the others make of it.
import { afterEach, describe, expect, test } from 'vitest'
import { hasCode } from '../../src/ports/errors.js'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { Disk } from './harness/disk.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const member = (id: string, role: Member['role'] = 'voter', address: string = id): Member => ({
  id,
  address,
  role,
})

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

const roles = (members: readonly Member[]): Record<string, string> =>
  Object.fromEntries(members.map(({ id, role, outgoing }) => [id, outgoing ? `${role}, outgoing` : role]))

async function says(node: WordsNode, wanted: Record<string, string>): Promise<void> {
  await cluster.world.until(`${node.id} knows the members`, () => {
    const { members } = node.status()
    return (
      JSON.stringify(Object.entries(roles(members)).sort()) === JSON.stringify(Object.entries(wanted).sort())
    )
  })
}

describe('one call', () => {
  test('adds a voter: learner, catching up, joint consensus', async () => {
    const leader = await start('D')
    for (let i = 0; i < 20; i++) await cluster.world.outcome(leader.propose(`w${i}`))
    const seen: string[] = []
    leader.on('MembershipChanged', ({ configuration: { voters, learners = [], outgoing } }) =>
      seen.push(`${outgoing ? 'joint ' : ''}${voters.join('')} ${learners.join('')}`.trim()),
    )
    const progress: string[] = []
    leader.on('CatchUpProgress', ({ follower }) => progress.push(follower))
    const { index, members } = await change(leader, { add: [member('D')] })
    expect(seen).toEqual(['ABC D', 'joint ABCD', 'ABCD'])
    expect(new Set(progress)).toEqual(new Set(['D']))
    expect(roles(members)).toEqual({ A: 'voter', B: 'voter', C: 'voter', D: 'voter' })
    expect(leader.status()).toMatchObject({ membersIndex: index, members })
    for (const id of 'ABCD') await says(cluster.node(id), roles(members))
    await cluster.agreed([...'ABCD'])
    expect(cluster.words('D')).toEqual(cluster.words('A'))
    expect(await cluster.world.outcome(cluster.node('D').propose('from D'))).toBe(21)
  })

  test('swaps any set of voters at once, the leader among them: removed nodes stop, the others go on', async () => {
    const leader = await start('DE')
    const others = [...'ABC'].filter((id) => id !== leader.id)
    const stopped = [leader, cluster.node(others[0]!)].map((node) => cluster.world.outcome(node.closed))
    const { members } = await change(leader, {
      add: [member('D'), member('E')],
      remove: [leader.id, others[0]!],
    })
    expect(Object.keys(roles(members)).sort()).toEqual([others[1]!, 'D', 'E'].sort())
    for (const closed of stopped) expect(hasCode(await closed, 'ERR_REMOVED')).toBe(true)
    const rest = [others[1]!, 'D', 'E']
    const [next] = await cluster.elected(rest)
    expect(await cluster.world.outcome(next.propose('after'))).toBe(1)
    const { term } = next.status()
    await cluster.world.pass(5_000)
    expect(next.status().term).toBe(term)
  })

  test('promotes, demotes, adds a learner and removes, all together', async () => {
    const leader = await start('DE')
    await change(leader, { add: [member('D', 'learner')] })
    const [demoted, removed] = [...'ABC'].filter((id) => id !== leader.id) as [string, string]
    const { members } = await change(leader, {
      add: [member('E', 'learner')],
      promote: ['D'],
      demote: [demoted],
      remove: [removed],
    })
    expect(roles(members)).toEqual({ [leader.id]: 'voter', D: 'voter', E: 'learner', [demoted]: 'learner' })
    await cluster.world.outcome(leader.propose('x'))
    await cluster.world.until('the learners have it', () =>
      ['E', demoted].every((id) => cluster.words(id).includes('x')),
    )
    expect(cluster.node(demoted).status().role).toBe('follower')
  })

  test('gives a member another address', async () => {
    const leader = await start()
    const other = [...'ABC'].find((id) => id !== leader.id)!
    await change(leader, { add: [member(other, 'voter', 'elsewhere')] })
    for (const id of 'ABC') {
      await cluster.world.until(`${id} knows`, () =>
        cluster.node(id).members.some(({ address }) => address === 'elsewhere'),
      )
    }
  })

  test('commits the incarnations that it has met: another storage under an old id is refused', async () => {
    const leader = await start('D')
    const { members } = await change(leader, { add: [member('D')] })
    for (const { id, incarnation } of members) expect(incarnation).toBe(cluster.node(id).status().incarnation)
    await cluster.kill('D')
    cluster.disks.set('D', new Disk(cluster.world))
    const again = await cluster.start('D')
    expect(hasCode(await cluster.world.outcome(again.closed), 'ERR_INCARNATION_CHANGED')).toBe(true)
  })
})

describe('refused, and nothing happens', () => {
  test('on a follower', async () => {
    const leader = await start()
    const follower = cluster.node([...'ABC'].find((id) => id !== leader.id)!)
    await expect(change(follower, { remove: ['A'] })).rejects.toMatchObject({ code: 'ERR_NOT_LEADER' })
  })

  test('by compare-and-set', async () => {
    const leader = await start('D')
    const { index } = await change(leader, { add: [member('D', 'learner')], expectedIndex: 0 })
    await expect(change(leader, { promote: ['D'], expectedIndex: 0 })).rejects.toMatchObject({
      code: 'ERR_MEMBERSHIP_CHANGED',
    })
    await change(leader, { promote: ['D'], expectedIndex: index })
  })

  test('while another change is under way', async () => {
    const leader = await start('D')
    const first = leader.changeMembership({ add: [member('D')] })
    await expect(change(leader, { remove: ['A'] })).rejects.toMatchObject({ code: 'ERR_MEMBERSHIP_REFUSED' })
    await cluster.world.outcome(first)
  })

  test('when it would lose the quorum, unless forced', async () => {
    const leader = await start()
    const [dead, other] = [...'ABC'].filter((id) => id !== leader.id) as [string, string]
    await cluster.kill(dead)
    await cluster.world.pass(1_000)
    await expect(change(leader, { remove: [other] })).rejects.toMatchObject({
      code: 'ERR_MEMBERSHIP_REFUSED',
      message: expect.stringContaining('no majority of the new voters'),
    })
    expect(leader.status().membersIndex).toBe(0)
    const { members } = await change(leader, { remove: [dead] })
    expect(Object.keys(roles(members)).sort()).toEqual([leader.id, other].sort())
  })

  test.each([
    [{}, 'nothing to change'],
    [{ remove: ['Z'] }, 'Z is no member'],
    [{ promote: ['A'] }, 'A is no learner'],
    [{ remove: ['A', 'B', 'C'] }, 'somebody must be a voter'],
    [{ remove: ['A'], demote: ['A'] }, 'A is named twice'],
    [{ add: [member('D', 'leaving')] }, 'a voter or a learner'],
    [{ add: [member('')] }, "a member's id"],
  ])('%o: %s', async (wrong, why) => {
    const leader = await start()
    await expect(change(leader, wrong)).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringContaining(why),
    })
  })

  test('a voter that does not catch up before the deadline: it stays a learner', async () => {
    const leader = await start()
    await expect(change(leader, { add: [member('Z')] }, { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'ERR_OUTCOME_UNKNOWN',
    })
    expect(roles(leader.members)).toMatchObject({ Z: 'learner' })
    await change(leader, { remove: ['Z'] })
  })
})

describe('what remains', () => {
  test('after a restart the members are those of the log', async () => {
    const leader = await start('D')
    const { members, index } = await change(leader, { add: [member('D')] })
    await cluster.agreed([...'ABCD'])
    for (const id of 'ABCD') await cluster.kill(id)
    for (const id of 'ABCD') {
      const node = await cluster.start(id)
      expect(node.status()).toMatchObject({ members, membersIndex: index })
    }
    const [next] = await cluster.elected([...'ABCD'])
    expect(await cluster.world.outcome(next.propose('again'))).toBe(1)
  })

  test('a leader that dies in the joint phase leaves the change to its successor', async () => {
    const leader = await start('D')
    await change(leader, { add: [member('D', 'learner')] })
    const others = [...'ABC'].filter((id) => id !== leader.id)
    const outcome = leader
      .changeMembership({ promote: ['D'], remove: [others[0]!] })
      .catch((error) => error.code)
    await cluster.world.until('it is joint somewhere else', () =>
      others.some((id) => cluster.node(id).members.some(({ outgoing }) => outgoing === true)),
    )
    await cluster.kill(leader.id)
    expect(await cluster.world.outcome(outcome)).toBe('ERR_OUTCOME_UNKNOWN')
    const rest = [others[1]!, 'D']
    const [next] = await cluster.elected(rest)
    await says(next, { [leader.id]: 'voter', [others[1]!]: 'voter', D: 'voter' })
    expect(await cluster.world.outcome(next.propose('goes on'))).toBe(1)
  })
})

test('who is not among the members has to say that it joins', async () => {
  cluster = Cluster.prepare({ size: 4, voters: 3 })
  await expect(cluster.start('D', { join: false })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  await expect(cluster.start('A', { join: true })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
})

describe('a member that was away', () => {
  test('while its leader was replaced by one that it has never heard of follows that one (thesis §4.2.2)', async () => {
    const leader = await start('D')
    const away = [...'ABC'].find((id) => id !== leader.id)!
    await cluster.kill(away)
    await change(leader, { add: [member('D')] })
    await cluster.world.outcome(leader.transferLeadership('D'))
    await cluster.world.until('D leads', () => cluster.node('D').status().role === 'leader')
    const { term } = cluster.node('D').status()
    const back = await cluster.start(away)
    await says(back, { A: 'voter', B: 'voter', C: 'voter', D: 'voter' })
    await cluster.world.outcome(back.propose('x'))
    await cluster.agreed([...'ABCD'])
    expect(cluster.node('D').status()).toMatchObject({ term, role: 'leader' })
  })

  test('hears nothing else from strangers, and no more of them than it can bear', async () => {
    const leader = await start()
    const hello = (from: string) => ({
      ...cluster.network.hello(leader.id),
      from,
      to: leader.id,
      incarnation: '00000000000000ff',
      address: from,
    })
    for (let i = 0; i < 100; i++)
      expect(cluster.network.admit(leader.id, hello(`s${i}`))).toBe('unknown-member')
    await cluster.world.pass(100)
    const known = Array.from({ length: 100 }, (_, i) => `s${i}`).filter((id) =>
      cluster.network.peersOf(leader.id).includes(id),
    )
    expect(known).toEqual(['s92', 's93', 's94', 's95', 's96', 's97', 's98', 's99'])
    expect(cluster.network.admit(leader.id, hello('s99'))).toBeUndefined()
    const { term } = leader.status()
    const said = { type: 'ReadIndexRequest', term, readId: 1, lease: false } as const
    cluster.network.receive(leader.id, 's99', '00000000000000ff', [said])
    await cluster.world.pass(200)
    expect(cluster.network.sent.filter(({ to }) => to === 's99')).toEqual([])
  })
})

test('explain counts both majorities of a joint configuration, and waits for no learner', async () => {
  const leader = await start('DE')
  await change(leader, { add: [member('D', 'learner'), member('E', 'learner')] })
  const others = [...'ABC'].filter((id) => id !== leader.id)
  await cluster.world.pass(1_000)
  cluster.network.partition([leader.id, ...others], ['D', 'E'])
  const outcome = leader.changeMembership({ promote: ['D', 'E'], remove: others }).catch(() => undefined)
  await cluster.world.until('it is joint', () => leader.members.some(({ outgoing }) => outgoing === true))
  const texts = (): string[] => leader.explain().map(({ text }) => text)
  const both = `2 of A, B, C and 2 of ${leader.id}, D, E`
  expect(texts().find((text) => text.includes('not committed'))).toContain(`; ${both} are needed`)
  await cluster.world.until('nobody follows it any more', () =>
    texts().some((text) => text.includes('has links to 2 of 4 others')),
  )
  expect(texts().find((text) => text.includes('has links'))).toContain(`without ${both} no leader`)
  cluster.network.heal()
  await cluster.world.outcome(outcome)
})
