// Real nodes hear what no member would say: from a member that was removed, and of a term after which there is none.
import { afterEach, expect, test } from 'vitest'
import type { PeerMessage } from '../../src/wire/messages.js'
import { Cluster, type WordsNode } from './harness/cluster.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const nothing = { rejectedIndex: 0, hintIndex: 0, hintTerm: 0, round: 2 ** 40 }

/** Everything a server may say to get a vote, a commit, a read or a term of its own. */
const says = (term: number, index: number): PeerMessage[] => [
  { type: 'PreVote', term, lastLogIndex: index, lastLogTerm: term },
  { type: 'RequestVote', term, lastLogIndex: index, lastLogTerm: term, transfer: false },
  { type: 'RequestVoteReply', term, voteGranted: true },
  { type: 'AppendEntriesReply', term, success: true, matchIndex: index, ...nothing },
  {
    type: 'AppendEntries',
    term,
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: [],
    leaderCommit: index,
    round: 1,
  },
  {
    type: 'InstallSnapshotReply',
    term,
    lastIncludedIndex: 1,
    matchIndex: index,
    nextOffset: 0,
    creditOffset: 0,
  },
  { type: 'TimeoutNow', term },
]

async function goesOn(leader: WordsNode, others: readonly string[], term: number): Promise<void> {
  await cluster.world.pass(2_000)
  expect(leader.status()).toMatchObject({ role: 'leader', term })
  await cluster.world.outcome(leader.propose('still here', { timeoutMs: 10_000 }))
  await cluster.agreed([leader.id, ...others])
  for (const id of [leader.id, ...others]) expect(cluster.words(id).at(-1)).toBe('still here')
}

test('a member that was removed says whatever it likes: nobody counts it, and the cluster keeps committing', async () => {
  cluster = await Cluster.start({ size: 3 })
  const [leader, other, third] = await cluster.elected()
  const { incarnation } = third!.status()
  await cluster.world.outcome(leader.changeMembership({ remove: [third!.id] }))
  const { network, world } = cluster
  await world.until('it is forgotten', () => network.peersOf(leader.id).every((id) => id !== third!.id))
  const { term, lastIndex } = leader.status()
  // With the other one cut off there is no majority: the removed one does not make it one.
  network.partition([leader.id], [other!.id])
  const waiting = leader.propose('needs the other one', { timeoutMs: 60_000 })
  for (const message of says(term, lastIndex + 1))
    cluster.network.receive(leader.id, third!.id, incarnation, [message])
  await cluster.world.pass(100)
  expect(leader.status()).toMatchObject({ term, commitIndex: lastIndex })
  cluster.network.heal()
  expect(await cluster.world.outcome(waiting)).toBe(1)
  for (const id of [leader.id, other!.id])
    for (const message of says(term + 1, lastIndex + 100))
      cluster.network.receive(id, third!.id, incarnation, [message])
  await goesOn(leader, [other!.id], term)
})

test('a term of 2^53 - 1, also from a member, is not taken: there would be none after it', async () => {
  cluster = await Cluster.start({ size: 3 })
  const [leader, other, third] = await cluster.elected()
  const { term, lastIndex } = leader.status()
  const { incarnation } = third!.status()
  for (const id of [leader.id, other!.id])
    for (const message of says(Number.MAX_SAFE_INTEGER, lastIndex))
      cluster.network.receive(id, third!.id, incarnation, [message])
  await goesOn(leader, [other!.id, third!.id], term)
})
