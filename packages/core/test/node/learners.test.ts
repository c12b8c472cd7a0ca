// Learners get the log and are not counted (thesis §4.2.1); their callers are served like everybody's.
import { afterEach, describe, expect, test } from 'vitest'
import type { Member } from '../../src/ports/transport.js'
import { Cluster, type ClusterOptions, type WordsNode } from './harness/cluster.js'
import { codeOf, watch } from './harness/world.js'

let cluster: Cluster

afterEach(() => cluster?.stop())

const learner = (id: string): Member => ({ id, address: id, role: 'learner' })

const wordsOf = ({ words }: { words: string[] }): string[] => [...words]

/** A, B and C vote; D runs and is nobody's member yet. */
async function prepared(options: ClusterOptions = {}): Promise<{ leader: WordsNode; d: WordsNode }> {
  cluster = Cluster.prepare({ size: 4, voters: 3, ...options })
  for (const id of 'ABC') await cluster.start(id)
  const [leader] = await cluster.elected([...'ABC'])
  return { leader, d: await cluster.start('D') }
}

async function withLearner(options: ClusterOptions = {}): Promise<{ leader: WordsNode; d: WordsNode }> {
  const { leader, d } = await prepared(options)
  await cluster.world.outcome(leader.changeMembership({ add: [learner('D')] }))
  await cluster.agreed()
  return { leader, d }
}

describe('at a learner', () => {
  test('a linearizable read sees what was acknowledged anywhere, though it counts for no round', async () => {
    const { leader, d } = await withLearner()
    for (let i = 0; i < 10; i++) {
      const asked = cluster.node('ABC'[i % 3]!)
      await cluster.world.outcome(asked.propose(`word ${i}`))
      const read = d.read(({ words }) => words.length)
      expect(await cluster.world.outcome(read)).toBe(i + 1)
    }
    // A majority of voters confirms the leader; with a learner alone behind it, nothing is confirmed.
    const voters = [...'ABC'].filter((id) => id !== leader.id)
    cluster.network.partition([leader.id, 'D'], voters)
    expect(await cluster.world.failure(d.read(wordsOf, { timeoutMs: 2_000 }))).toBe('ERR_TIMEOUT')
  })

  test('a lease read is answered on the word of the leader', async () => {
    const { leader, d } = await withLearner({ leases: { clockDriftMax: 0.01 } })
    const answered: string[] = []
    leader.on('LeaseReadAnswered', ({ from }) => answered.push(from))
    await cluster.world.outcome(leader.propose('a'))
    expect(await cluster.world.outcome(d.read(wordsOf, { consistency: 'lease' }))).toEqual(['a'])
    expect(answered).toEqual(['D'])
  })

  test('a local read is what it has, at once, also when it is cut off', async () => {
    const { leader, d } = await withLearner()
    await cluster.world.outcome(leader.propose('a'))
    await cluster.agreed()
    cluster.network.partition([...'ABC'], ['D'])
    await cluster.world.outcome(leader.propose('b'))
    expect(await cluster.world.outcome(d.read(wordsOf, { consistency: 'local' }))).toEqual(['a'])
  })

  test('a proposal goes to the leader and is applied once, on a network that repeats everything', async () => {
    const { d } = await withLearner()
    cluster.network.judge = () => 'duplicate'
    const told = await Promise.all(['a', 'b', 'c'].map((word) => cluster.world.outcome(d.propose(word))))
    expect(told).toEqual([1, 2, 3])
    cluster.network.judge = () => 'pass'
    await cluster.agreed()
    for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['a', 'b', 'c'])
  })

  test('a proposal on its way to a leader that dies goes to the next one, and is applied once', async () => {
    const { leader, d } = await withLearner()
    // Its session is open.
    await cluster.world.outcome(d.propose('first'))
    // The leader commits it, and can tell nobody but the other voters.
    cluster.network.judge = ({ to }) => (to === 'D' ? 'drop' : 'pass')
    const told = d.propose('once', { timeoutMs: 60_000 })
    const settled = watch(told)
    const rest = [...'ABC'].filter((id) => id !== leader.id)
    await cluster.world.until('the others have it', () =>
      rest.every((id) => cluster.words(id).includes('once')),
    )
    expect(settled.state).toBe('pending')
    await cluster.kill(leader.id)
    cluster.network.judge = () => 'pass'
    expect(await cluster.world.outcome(told)).toBe(2)
    await cluster.agreed()
    for (const id of [...rest, 'D']) expect(cluster.words(id)).toEqual(['first', 'once'])
  })

  test('what is asked of it while its snapshot is on its way is answered when it has it', async () => {
    const limits = { snapshotTrailingBytes: 1, snapshotChunkBytes: 64 }
    const { leader, d } = await prepared(limits)
    for (let i = 0; i < 40; i++) await cluster.world.outcome(leader.propose('w'.repeat(500)))
    await cluster.agreed([...'ABC'])
    for (const id of 'ABC') await cluster.world.outcome(cluster.node(id).takeSnapshot())
    await cluster.world.outcome(leader.propose('last'))
    cluster.network.delay = () => 5
    await cluster.world.outcome(leader.changeMembership({ add: [learner('D')] }))
    const isSending = (): boolean =>
      (leader.status().followers.find(({ id }) => id === 'D')?.snapshot?.sentBytes ?? 0) > 1_000
    await cluster.world.until('some of it is there', isSending)
    expect(d.status().lastApplied).toBe(0)
    const read = d.read(({ words }) => words.length, { timeoutMs: 60_000 })
    const told = d.propose('by D', { timeoutMs: 60_000 })
    const [seen, place] = await cluster.world.outcome(Promise.all([read, told]))
    expect(seen).toBeGreaterThanOrEqual(41)
    expect(place).toBe(42)
    expect(cluster.installs).toBe(1)
    await cluster.agreed()
    for (const id of cluster.ids) expect(cluster.words(id)).toEqual(cluster.words(leader.id))
    expect(cluster.words('D').filter((word) => word === 'by D')).toHaveLength(1)
  })
})

describe('a node that is no member yet', () => {
  test('has what is asked of it wait for a leader, to the deadline: certainly not applied', async () => {
    const { leader, d } = await prepared()
    const local = await cluster.world.outcome(d.read(wordsOf, { consistency: 'local' }))
    expect(local).toEqual([])
    const time = { timeoutMs: 1_000 }
    const asked = [d.propose('early', time), d.read(wordsOf, time), d.openSession(time)].map(watch)
    await cluster.world.until(
      'all are answered',
      () => asked.every(({ state }) => state !== 'pending'),
      1_100,
    )
    expect(asked.map(({ value }) => codeOf(value))).toEqual(['ERR_TIMEOUT', 'ERR_TIMEOUT', 'ERR_TIMEOUT'])
    expect(await cluster.world.failure(d.changeMembership({ remove: ['A'] }, time))).toMatch(
      /^ERR_(NOT_LEADER|TIMEOUT)$/,
    )
    expect(await cluster.world.failure(d.transferLeadership('A', time))).toMatch(/^ERR_(NOT_LEADER|TIMEOUT)$/)
    await cluster.world.outcome(leader.propose('a'))
    await cluster.agreed([...'ABC'])
    for (const id of 'ABC') expect(cluster.words(id)).toEqual(['a'])
  })

  test('that becomes one before the deadline answers then', async () => {
    const { leader, d } = await prepared()
    const told = d.propose('early', { timeoutMs: 60_000 })
    const read = d.read(wordsOf, { timeoutMs: 60_000, minIndex: 1 })
    await cluster.world.pass(2_000)
    await cluster.world.outcome(leader.changeMembership({ add: [learner('D')] }))
    expect(await cluster.world.outcome(told)).toBe(1)
    await cluster.world.outcome(read)
    await cluster.agreed()
    for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['early'])
  })
})

test('a node that is removed answers everything that is open, each as honestly as can be', async () => {
  const { leader, d } = await withLearner()
  await cluster.world.outcome(d.propose('a'))
  // Nothing that D asks for reaches anybody; what it hears, it hears.
  const asks = ['Forward', 'ReadIndexRequest']
  cluster.network.judge = ({ from, frame }) =>
    from === 'D' && frame.messages.some(({ type }) => asks.includes(type)) ? 'drop' : 'pass'
  const time = { timeoutMs: 600_000 }
  const open = {
    propose: watch(d.propose('b', time)),
    session: watch(d.openSession(time)),
    linearizable: watch(d.read(wordsOf, time)),
    minIndex: watch(d.read(wordsOf, { ...time, consistency: 'local', minIndex: 1_000 })),
    job: watch(d.whileLeader(() => {})),
  }
  await cluster.world.pass(100)
  await cluster.world.outcome(leader.changeMembership({ remove: ['D'] }))
  await cluster.world.until('all are answered', () =>
    Object.values(open).every(({ state }) => state !== 'pending'),
  )
  expect(await cluster.world.outcome(d.closed)).toMatchObject({ code: 'ERR_REMOVED' })
  expect(codeOf(open.propose.value)).toBe('ERR_OUTCOME_UNKNOWN')
  expect(codeOf(open.linearizable.value)).toBe('ERR_STOPPED')
  expect(codeOf(open.minIndex.value)).toBe('ERR_STOPPED')
  expect(codeOf(open.session.value)).toMatch(/^ERR_(STOPPED|OUTCOME_UNKNOWN)$/)
  expect(open.job.state).not.toBe('pending')
  const later = [() => d.propose('c'), () => d.read(wordsOf), () => d.openSession(), () => d.takeSnapshot()]
  for (const ask of later) expect(await cluster.world.failure(ask())).toBe('ERR_STOPPED')
  cluster.network.judge = () => 'pass'
  await cluster.agreed([...'ABC'])
  expect(cluster.words(leader.id)).toEqual(['a'])
})
