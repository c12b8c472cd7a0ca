// Reads, on any node: a linearizable one sees every write acknowledged before it began (thesis §6.4).
import { expect, test } from 'vitest'
import { Cluster, type Words } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, watch } from './harness/world.js'

const count = ({ words }: Words): number => words.length

test('a linearizable read on any node sees what was acknowledged anywhere', async () => {
  const cluster = await Cluster.start({ size: 5 })
  const nodes = await cluster.elected()
  let written = 0
  for (const writer of nodes) {
    await cluster.world.outcome(writer.propose('word'))
    written++
    for (const reader of nodes) expect(await cluster.world.outcome(reader.read(count))).toBe(written)
  }
  await cluster.stop()
})

test('a follower that is behind waits until it has applied what the leader named', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b')], { leaderCommit: 1 }))
  const read = watch(solo.node.read(count))
  await solo.world.calm()
  const [question] = solo.take('ReadIndexRequest', 'B')
  const answer = { type: 'ReadIndexReply', term: 1, readId: question!.readId, confirmed: true } as const
  await solo.receive('B', { ...answer, readIndex: 2 })
  expect(read.state).toBe('pending')
  await solo.receive('B', append(1, 2, 1, [], { leaderCommit: 2 }))
  expect(read).toEqual({ state: 'fulfilled', value: 2 })
  await solo.node.stop({ transfer: false })
})

test('a leader that was cut off answers no read, whatever it still believes', async () => {
  const cluster = await Cluster.start({ size: 5 })
  const [old, partner, ...others] = await cluster.elected()
  await cluster.world.outcome(old.propose('before'))
  const majority = others.map(({ id }) => id)
  cluster.network.partition([old.id, partner!.id], majority)
  const [leader] = await cluster.elected(majority)
  expect(await cluster.world.outcome(leader.propose('after'))).toBe(2)
  expect(old.status().role).toBe('leader')
  const stale = [old, partner!].map((node) => watch(node.read(count, { timeoutMs: 1_000 })))
  await cluster.world.until('both are answered', () => stale.every(({ state }) => state !== 'pending'))
  expect(stale.map(({ value }) => codeOf(value))).toEqual(['ERR_TIMEOUT', 'ERR_TIMEOUT'])
  // What they have is not hidden from who asks for no more.
  expect(await cluster.world.outcome(old.read(count, { consistency: 'local' }))).toBe(1)
  cluster.network.heal()
  for (const node of [old, partner!]) expect(await cluster.world.outcome(node.read(count))).toBe(2)
  await cluster.stop()
})

test('a read that waits while the leader changes is answered by the new one', async () => {
  const cluster = await Cluster.start()
  const [leader, reader] = await cluster.elected()
  await cluster.world.outcome(leader.propose('word'))
  cluster.network.judge = ({ frame }) =>
    frame.messages.some(({ type }) => type === 'ReadIndexRequest') ? 'drop' : 'pass'
  const read = watch(reader!.read(count))
  await cluster.world.calm()
  await cluster.kill(leader.id)
  cluster.network.judge = () => 'pass'
  await cluster.world.until('answered', () => read.state !== 'pending')
  expect(read).toEqual({ state: 'fulfilled', value: 1 })
  await cluster.stop()
})

test('a lost question is asked again, under an id that was never used', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const read = watch(solo.node.read(count))
  await solo.world.calm()
  const [first] = solo.take('ReadIndexRequest', 'B')
  for (let i = 0; i < 8; i++) {
    await solo.world.pass(50)
    await solo.follow('B', 1)
  }
  const again = solo.take('ReadIndexRequest', 'B')
  expect(again).toHaveLength(1)
  expect(again[0]!.readId).not.toBe(first!.readId)
  // The answer to the lost question comes after all: it is not what is asked now.
  const answer = { type: 'ReadIndexReply', term: 1, confirmed: true, readIndex: 0 } as const
  await solo.receive('B', { ...answer, readId: first!.readId })
  expect(read.state).toBe('pending')
  await solo.receive('B', { ...answer, readId: again[0]!.readId })
  expect(read.state).toBe('fulfilled')
  await solo.node.stop({ transfer: false })
})

test('a question that is refused is asked again after a heartbeat’s time, not at once', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  void solo.node.read(count).catch(() => undefined)
  await solo.world.calm()
  const [first] = solo.take('ReadIndexRequest', 'B')
  const { readId } = first!
  await solo.receive('B', { type: 'ReadIndexReply', term: 1, readId, confirmed: false, readIndex: 0 })
  expect(solo.take('ReadIndexRequest')).toEqual([])
  const askedAt = solo.world.now
  await solo.world.until('asked again', () => solo.take('ReadIndexRequest', 'B').length > 0)
  expect(solo.world.now - askedAt).toBeGreaterThanOrEqual(50)
  await solo.node.stop({ transfer: false })
})

test('all reads of a turn cost one question', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const reads = Array.from({ length: 500 }, (_, i) => solo.node.read(() => i))
  await solo.world.calm()
  const questions = solo.take('ReadIndexRequest', 'B')
  expect(questions).toHaveLength(1)
  const { readId } = questions[0]!
  await solo.receive('B', { type: 'ReadIndexReply', term: 1, readId, confirmed: true, readIndex: 0 })
  expect(await solo.world.outcome(Promise.all(reads))).toEqual(reads.map((_, i) => i))
  await solo.node.stop({ transfer: false })
})

test('a new leader answers no read before it has committed an entry of its own term', async () => {
  const solo = await Solo.start()
  await solo.receive('C', append(1, 0, 0, [block(1, 1, 'a')]))
  await solo.lead({ acknowledge: false })
  const read = watch(solo.node.read(count))
  for (let round = 0; round <= 2; round++) {
    await solo.receive('B', {
      type: 'AppendEntriesReply',
      term: solo.node.status().term,
      success: true,
      matchIndex: 1,
      rejectedIndex: 0,
      hintIndex: 0,
      hintTerm: 0,
      round,
    })
  }
  expect(read.state).toBe('pending')
  for (let round = 0; round <= 2; round++) await solo.acknowledge(['B'], round)
  expect(read).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a local read is what this node has, at once; minIndex makes it wait', async () => {
  const solo = await Solo.start()
  const local = { consistency: 'local' } as const
  expect(await solo.world.outcome(solo.node.read(count, local))).toBe(0)
  const later = watch(solo.node.read(count, { ...local, minIndex: 2 }))
  const never = watch(solo.node.read(count, { ...local, minIndex: 9, timeoutMs: 100 }))
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b')], { leaderCommit: 1 }))
  expect(later.state).toBe('pending')
  await solo.receive('B', append(1, 2, 1, [], { leaderCommit: 2 }))
  expect(later).toEqual({ state: 'fulfilled', value: 2 })
  await solo.world.pass(110)
  expect(codeOf(never.value)).toBe('ERR_TIMEOUT')
  expect(solo.node.status().pendingReads).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('a linearizable read may ask for more than the leader names', async () => {
  const cluster = await Cluster.start()
  const [leader, follower] = await cluster.elected()
  const { index } = await cluster.world.outcome(leader.proposeWithReceipt('one'))
  const read = watch(follower!.read(count, { minIndex: index + 1 }))
  await cluster.world.pass(200)
  expect(read.state).toBe('pending')
  await cluster.world.outcome(leader.propose('two'))
  await cluster.world.until('answered', () => read.state !== 'pending')
  expect(read.value).toBe(2)
  await cluster.stop()
})

test('a query that throws is its caller’s error, and nobody else’s', async () => {
  const solo = await Solo.start()
  const bug = new Error('a bug in the query')
  const reads = [
    solo.node.read(
      () => {
        throw bug
      },
      { consistency: 'local' },
    ),
    solo.node.read(count, { consistency: 'local' }),
  ].map(watch)
  await solo.world.calm()
  expect(reads).toEqual([
    { state: 'rejected', value: bug },
    { state: 'fulfilled', value: 0 },
  ])
  expect(solo.node.status()).toMatchObject({ stopped: false, pendingReads: 0 })
  await solo.node.stop({ transfer: false })
})

test.each(['local', 'linearizable'] as const)(
  'a %s read asked for within a query is answered too',
  async (consistency) => {
    const solo = await Solo.start({ ids: ['A'] })
    await solo.world.until('A leads', () => solo.node.status().commitIndex === 1)
    const began = solo.world.now
    let inner: Promise<number> | undefined
    const outer = solo.node.read(
      () => {
        inner = solo.node.read(count, { consistency })
      },
      { consistency: 'local' },
    )
    await solo.world.outcome(outer)
    expect(await solo.world.outcome(inner!)).toBe(0)
    // It needed a turn, no timer.
    expect(solo.world.now).toBe(began)
    await solo.node.stop({ transfer: false })
  },
)

test('too many reads are refused, given up ones make room', async () => {
  const solo = await Solo.start({ pendingReadsMax: 2 })
  const controller = new AbortController()
  const reads = [solo.node.read(count, { signal: controller.signal }), solo.node.read(count)].map(watch)
  expect(await solo.world.failure(solo.node.read(count))).toBe('ERR_OVERLOADED')
  controller.abort()
  const third = watch(solo.node.read(count, { timeoutMs: 50 }))
  await solo.world.pass(60)
  expect([reads[0]!, third].map(({ value }) => codeOf(value))).toEqual(['ERR_ABORTED', 'ERR_TIMEOUT'])
  expect(solo.node.status().pendingReads).toBe(1)
  await solo.node.stop({ transfer: false })
  await solo.world.calm()
  expect(codeOf(reads[1]!.value)).toBe('ERR_STOPPED')
})

test('an unknown consistency is refused', async () => {
  const solo = await Solo.start()
  const read = solo.node.read(count, { consistency: 'eventual' as 'local' })
  expect(await solo.world.failure(read)).toBe('ERR_INVALID_OPTION')
  await solo.node.stop({ transfer: false })
})

test('an answer to a leader of an earlier term confirms no read of a later one', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 5)
  solo.sent = []
  await solo.receive('B', append(3, 0, 0, [], { round: 20 }))
  expect(solo.take('AppendEntriesReply', 'B')[0]).toMatchObject({ term: 5, success: false, round: 0 })
  await solo.node.stop({ transfer: false })
})
