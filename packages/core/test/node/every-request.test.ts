// Whatever was asked of a node is answered: when it stops, and when there is no quorum (hashicorp/raft#145, #498).
import { expect, test } from 'vitest'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { codeOf, type Watched, watch } from './harness/world.js'

const timeoutMs = 2_000
const ALL = ['propose', 'openSession', 'read', 'changeMembership', 'transferLeadership'] as const
type Asked = Record<(typeof ALL)[number], Watched>

/** One request of each kind that needs other members; the transfer last, since nothing is taken while one is under way. */
async function ask({ world }: Cluster, node: WordsNode): Promise<Asked> {
  const add = [{ id: 'X', address: 'X', role: 'learner' }] as const
  const asked = {
    propose: watch(node.propose('word', { timeoutMs })),
    openSession: watch(node.openSession({ timeoutMs })),
    read: watch(node.read(({ words }) => words.length, { timeoutMs })),
    changeMembership: watch(node.changeMembership({ add }, { timeoutMs })),
  }
  await world.calm()
  return { ...asked, transferLeadership: watch(node.transferLeadership(undefined, { timeoutMs })) }
}

const stateOf = (asked: Asked): Record<string, string> =>
  Object.fromEntries(Object.entries(asked).map(([kind, { state }]) => [kind, state]))

/** A leader, or a follower, whose own session is open, and who hears nobody from now on, nor is heard. */
async function unheard(role: string): Promise<{ cluster: Cluster; node: WordsNode }> {
  const cluster = await Cluster.start()
  const [leader, follower] = await cluster.elected()
  const node = role === 'leader' ? leader : follower!
  await cluster.world.outcome(node.propose('first'))
  await cluster.agreed()
  cluster.network.judge = ({ from, to }) => ([from, to].includes(node.id) ? 'drop' : 'pass')
  return { cluster, node }
}

test.each(['leader', 'follower'])('of a %s that stops, by the time it has stopped', async (role) => {
  const { cluster, node } = await unheard(role)
  const asked = await ask(cluster, node)
  await cluster.world.calm()
  await cluster.world.outcome(node.stop({ transfer: false }))
  await cluster.world.calm()
  expect(stateOf(asked)).toEqual(Object.fromEntries(ALL.map((kind) => [kind, 'rejected'])))
  expect(codeOf(asked.propose.value)).toBe('ERR_OUTCOME_UNKNOWN')
  expect(codeOf(asked.read.value)).toBe('ERR_STOPPED')
  await cluster.stop()
})

test.each(['leader', 'follower'])('of a %s that is cut off, by the deadline', async (role) => {
  const { cluster, node } = await unheard(role)
  const asked = await ask(cluster, node)
  await cluster.world.pass(timeoutMs + 1)
  expect(stateOf(asked)).toEqual(Object.fromEntries(ALL.map((kind) => [kind, 'rejected'])))
  expect(codeOf(asked.propose.value)).toBe('ERR_OUTCOME_UNKNOWN')
  expect(codeOf(asked.read.value)).toBe('ERR_TIMEOUT')
  expect(node.status()).toMatchObject({ pendingProposals: 0, pendingReads: 0 })
  await cluster.stop()
})
