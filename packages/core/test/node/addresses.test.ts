// Where a node dials its peers: what the members say, and what a peer says that knows later members.
import { afterEach, expect, test } from 'vitest'
import { Admission } from '../../src/node/admission.js'
import { Addresses } from '../../src/node/membership/addresses.js'
import type { OwnRank } from '../../src/node/membership/configuration-rank.js'
import type { Member, Transport } from '../../src/ports/transport.js'
import { Cluster } from './harness/cluster.js'
import { incarnationOf } from './harness/solo.js'

let cluster: Cluster
afterEach(() => cluster?.stop())

/** What each of three dials, by id. What it listens on, `test:A`, is not what the members call it by: there is a NAT, or a proxy. */
function watched(): { transport: (id: string) => Transport; dialled: Map<string, Map<string, string>> } {
  cluster = Cluster.prepare({ size: 3 })
  const { network } = cluster
  const dialled = new Map<string, Map<string, string>>()
  const transport = (id: string): Transport => {
    const inner = network.transport()
    const look = (members: readonly Member[]): void =>
      void dialled.set(id, new Map(members.map((member) => [member.id, member.address])))
    return {
      ...inner,
      listen: (host, members) => {
        look(members)
        return inner.listen(host, members)
      },
      setMembers: (members) => {
        look(members)
        inner.setMembers(members)
      },
    }
  }
  return { transport, dialled }
}

test('a member that was restarted behind a snapshot is still dialled where the members say', async () => {
  const { transport, dialled } = watched()
  const { world } = cluster
  for (const id of 'ABC') await cluster.start(id, { transport: transport(id) })
  const [leader, other] = await cluster.elected()
  await world.outcome(leader.changeMembership({ add: [{ id: 'D', address: 'D', role: 'learner' }] }))
  await world.outcome(leader.propose('word'))
  await cluster.agreed()
  await world.outcome(other!.takeSnapshot())
  await cluster.kill(other!.id)
  await cluster.start(other!.id, { transport: transport(other!.id) })
  await cluster.agreed()
  await world.pass(1_000)
  // Its configuration is that of the snapshot, by a later index than the entry has.
  expect(cluster.node(other!.id).status().membersIndex).toBeGreaterThan(leader.status().membersIndex)
  expect(dialled.get(leader.id)!.get(other!.id)).toBe(other!.id)
})

test('where a member was by the configuration of a deposed leader, nobody dials it', async () => {
  const { transport, dialled } = watched()
  const { world, network } = cluster
  for (const id of 'ABC') await cluster.start(id, { transport: transport(id) })
  const [leader] = await cluster.elected()
  await world.outcome(leader.propose('first'))
  await cluster.agreed()
  const moved = leader.id
  const rest = [...'ABC'].filter((id) => id !== moved)
  network.partition([moved], rest)
  for (let i = 0; i < 5; i++) leader.propose(`lost ${i}`).catch(() => {})
  leader.changeMembership({ add: [{ id: 'X', address: 'X', role: 'learner' }] }).catch(() => {})
  await world.until('it is appended', () => leader.status().members.some(({ id }) => id === 'X'))
  await cluster.kill(moved)
  const [next] = await cluster.elected(rest)
  const elsewhere: Member = { id: moved, address: 'elsewhere', role: 'voter' }
  await world.outcome(next.changeMembership({ add: [elsewhere] }))
  await cluster.agreed(rest)
  network.heal()
  await cluster.start(moved, { transport: transport(moved) })
  await cluster.agreed()
  expect(rest.map((id) => dialled.get(id)!.get(moved))).toEqual(['elsewhere', 'elsewhere'])
})

test('a peer of a later configuration is believed until the own one is as late', () => {
  const old: readonly Member[] = ['A', 'B'].map((id) => ({ id, address: `${id} of old`, role: 'voter' }))
  const judge = new Admission('A', 'words', incarnationOf('A'), old, 0, 0)
  const peer = new Admission('B', 'words', incarnationOf('B'), old, 0, 0)
  let rank: OwnRank = { lastTerm: 2, index: 3, isSettled: true }
  judge.inForce = () => ({ ...rank, members: old })
  const moved = [old[0]!, { ...old[1]!, address: 'B elsewhere', incarnation: incarnationOf('B') }]
  peer.address = 'B listens'
  peer.inForce = () => ({ lastTerm: 2, index: 7, isSettled: true, members: moved })
  let leader: string | undefined
  const addresses = new Addresses(judge, () => leader)
  const seen = (): string | undefined =>
    addresses.over(new Map(old.map((member) => [member.id, member]))).get('B')?.address
  expect(seen()).toBe('B of old')
  expect(judge.admit(peer.hello('A'))).toBeUndefined()
  expect(addresses.version).toBe(1)
  expect(seen()).toBe('B elsewhere')
  rank = { lastTerm: 2, index: 7, isSettled: true }
  expect(seen()).toBe('B of old')
  expect(judge.admit(peer.hello('A'))).toBeUndefined()
  expect(seen()).toBe('B of old')
  // It was appended by a leader that was deposed: what others have committed since may stand before it.
  rank = { lastTerm: 1, index: 9, isSettled: true }
  expect(judge.admit(peer.hello('A'))).toBeUndefined()
  expect(seen()).toBe('B elsewhere')
  // So may what this node has itself, with the term of that leader: B's own is later once B leads.
  rank = { lastTerm: 3, index: 6, isSettled: false }
  expect(seen()).toBe('B of old')
  leader = 'B'
  expect(seen()).toBe('B elsewhere')
  rank = { lastTerm: 3, index: 6, isSettled: true }
  expect(seen()).toBe('B of old')
})
