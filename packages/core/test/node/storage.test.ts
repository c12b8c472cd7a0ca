// The disk: nothing is promised before it holds it, and nothing at all once it has failed.
import { expect, test } from 'vitest'
import { LogWriter } from '../../src/node/log-writer.js'
import type { Storage, WriteBatch, WriteCompleted } from '../../src/ports/storage.js'
import { Cluster } from './harness/cluster.js'
import { append, block, Solo, success } from './harness/solo.js'
import { codeOf, watch } from './harness/world.js'

test('a follower acknowledges when its disk holds the entries, not before', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.follow('B', 1)
  solo.disk.completeWrites()
  await solo.world.calm()
  solo.sent = []
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a')]))
  expect(solo.take('AppendEntriesReply')).toEqual([])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.take('AppendEntriesReply', 'B')).toMatchObject([{ success: true, matchIndex: 1 }])
  await solo.node.stop({ transfer: false })
})

test('a vote leaves when the disk holds it, and so does the wish for votes', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('C', { type: 'RequestVote', term: 1, lastLogIndex: 0, lastLogTerm: 0, transfer: false })
  expect(solo.sent).toEqual([])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.take('RequestVoteReply', 'C')).toMatchObject([{ term: 1, voteGranted: true }])
  expect(solo.disk.hardState).toEqual({ currentTerm: 1, votedFor: 'C' })
  await solo.campaign()
  await solo.world.calm()
  expect(solo.take('RequestVote')).toEqual([])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.take('RequestVote')).toHaveLength(2)
  await solo.node.stop({ transfer: false })
})

test('a leader sends while its own disk works, and does not count itself before that is done', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' }, ids: ['A', 'B', 'C', 'D', 'E'] })
  await solo.campaign()
  await solo.world.calm()
  const { term } = solo.node.status()
  solo.disk.completeWrites()
  for (const voter of ['B', 'C'])
    await solo.receive(voter, { type: 'RequestVoteReply', term, voteGranted: true })
  expect(solo.disk.pending).toHaveLength(1)
  expect(solo.take('AppendEntries', 'B').some(({ entries }) => entries.length > 0)).toBe(true)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  // Two of five hold it; with A's disk it would be three.
  await solo.acknowledge(['B', 'C'])
  expect(solo.node.status().commitIndex).toBe(0)
  solo.disk.completeWrites()
  await solo.world.calm()
  // The first write was the no-op; the opening of A's session is in the one that followed, the word in the next.
  expect(solo.node.status().commitIndex).toBe(1)
  solo.disk.completeWrites()
  await solo.world.calm()
  await solo.acknowledge(['B', 'C'])
  expect(solo.node.status().commitIndex).toBe(2)
  expect(given.state).toBe('pending')
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a cluster of one acknowledges when its disk holds the command (etcd#14370)', async () => {
  const solo = await Solo.start({ ids: ['A'], disk: { writes: 'held' } })
  await solo.world.until('A campaigns', () => solo.disk.pending.length === 1)
  expect(solo.node.status().role).toBe('candidate')
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.node.status()).toMatchObject({ role: 'leader', commitIndex: 0 })
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(solo.node.status().commitIndex).toBe(1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  // Its session first.
  solo.disk.completeWrites()
  await solo.world.calm()
  expect([given.state, solo.words.length]).toEqual(['pending', 0])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('what arrives while a write is under way forms the next one', async () => {
  const solo = await Solo.start({ ids: ['A'], disk: { writes: 'held' } })
  for (let i = 0; i < 2; i++) {
    await solo.world.until('a write', () => solo.disk.pending.length === 1)
    solo.disk.completeWrites()
    await solo.world.calm()
  }
  await solo.world.calm()
  const opened = solo.node.openSession()
  await solo.world.calm()
  void solo.node.propose('zero')
  await solo.world.calm()
  for (let i = 0; i < 3; i++) {
    solo.disk.completeWrites()
    await solo.world.calm()
  }
  expect([await opened, ...solo.words]).toEqual([2, 'zero'])
  const before = solo.disk.batches.length
  const given = []
  for (const word of ['a', 'b', 'c', 'd']) {
    given.push(solo.node.propose(word))
    await solo.world.calm()
  }
  solo.disk.completeWrites()
  await solo.world.calm()
  solo.disk.completeWrites()
  expect(await solo.world.outcome(Promise.all(given))).toEqual([2, 3, 4, 5])
  const written = solo.disk.batches.slice(before).map(({ blocks }) => blocks.length)
  expect(written).toEqual([1, 3])
  await solo.node.stop({ transfer: false })
})

test.each(['at once', 'later', 'held'] as const)(
  'a write that fails (%s) ends the node: not a word leaves any more',
  async (writes) => {
    const cluster = await Cluster.start({ disk: { writes: 'later' } })
    const [leader, follower] = await cluster.elected()
    for (const node of [leader, follower!]) await cluster.world.outcome(node.propose('before'))
    const requests = [
      follower!.propose('forwarded'),
      leader.propose('own'),
      leader.read(({ words }) => words.length),
      leader.read(() => 0, { consistency: 'local', minIndex: 99 }),
    ].map(watch)
    const disk = cluster.disk(leader.id)
    disk.writes = writes
    disk.failure = new Error('EIO')
    await cluster.world.until('the write is with the disk', () => {
      const { status } = leader
      return status.call(leader).stopped || disk.pending.length > 0
    })
    if (writes === 'held') disk.completeWrites()
    await cluster.world.until('the leader has failed', () => leader.status().stopped)
    const failedAt = cluster.network.sent.length
    expect(await cluster.world.outcome(leader.closed)).toMatchObject({ message: 'EIO' })
    const others = cluster.ids.filter((id) => id !== leader.id)
    cluster.nodes.delete(leader.id)
    await cluster.elected(others)
    await cluster.world.pass(1_000)
    expect(cluster.network.sent.slice(failedAt).filter(({ from }) => from === leader.id)).toEqual([])
    expect(requests.slice(1).map(({ value }) => codeOf(value))).toEqual([
      'ERR_OUTCOME_UNKNOWN',
      'ERR_STOPPED',
      'ERR_STOPPED',
    ])
    expect(requests[1]!.value).toMatchObject({ cause: { message: 'EIO' } })
    // The follower's request was on its way: it goes to the next leader.
    expect(requests[0]!.state).toBe('fulfilled')
    expect(disk.closed).toBe(1)
    await cluster.stop()
  },
)

test('a read that fails ends the node too', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a')]))
  await solo.node.stop({ transfer: false })
  const broken = { ...solo.disk.storage(), read: () => Promise.reject(new Error('EIO')) }
  const again = new Solo({ world: solo.world, storage: broken })
  await again.start()
  await again.receive('B', append(1, 1, 1, [], { leaderCommit: 1 }))
  expect(await again.world.outcome(again.node.closed)).toMatchObject({ code: 'ERR_STORAGE', message: 'EIO' })
  expect(again.words).toEqual([])
})

test('stop waits for the write under way, and writes nothing after it', async () => {
  const solo = await Solo.start({ disk: { writes: 'held' } })
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a')]))
  await solo.receive('B', append(1, 1, 1, [block(2, 1, 'b')]))
  const stopped = watch(solo.node.stop({ transfer: false }))
  await solo.world.calm()
  expect([stopped.state, solo.disk.closed]).toEqual(['pending', 0])
  solo.disk.completeWrites()
  await solo.world.calm()
  expect([stopped.state, solo.disk.closed]).toEqual(['fulfilled', 1])
  expect(solo.disk.log).toEqual(['1/1 "a"'])
})

test('a node comes back with its term, its vote and its log', async () => {
  const cluster = await Cluster.start()
  const [leader] = await cluster.elected()
  await cluster.world.outcome(leader.propose('one'))
  await cluster.world.outcome(leader.propose('two'))
  await cluster.agreed()
  const { term } = leader.status()
  for (const id of cluster.ids) await cluster.kill(id)
  for (const id of cluster.ids) {
    const node = await cluster.start(id)
    await cluster.world.calm()
    expect(node.status()).toMatchObject({ term, lastIndex: 4, commitIndex: 0 })
  }
  await cluster.agreed()
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(['one', 'two'])
  await cluster.stop()
})

interface Written {
  readonly batch: WriteBatch
  readonly completed: WriteCompleted
}

function writer(): { log: LogWriter; written: Written[]; events: unknown[] } {
  const written: Written[] = []
  const events: unknown[] = []
  const storage = {
    write: (batch: WriteBatch, completed: WriteCompleted) => void written.push({ batch, completed }),
  }
  const log = new LogWriter(storage as unknown as Storage, {
    persisted: (write) => events.push(write),
    failed: (error) => events.push(error.message),
  })
  return { log, written, events }
}

function persist(
  write: number,
  changed: { truncateFrom?: number; hardState?: { currentTerm: number } } = {},
) {
  const { truncateFrom, hardState } = changed
  return {
    type: 'Persist' as const,
    write,
    truncateFrom,
    hardState: hardState && { ...hardState, votedFor: undefined },
    appended: undefined,
  }
}

test('batches are merged, but a truncation never cuts what joined the batch before it', () => {
  const { log, written, events } = writer()
  const stored = (index: number) => [{ block: block(index, 1, 'w'), firstIndex: index }]
  log.add(persist(1), stored(5))
  log.start()
  log.add(persist(2, { hardState: { currentTerm: 7 } }), stored(6))
  log.add(persist(3), stored(7))
  log.add(persist(4, { truncateFrom: 6, hardState: { currentTerm: 8 } }), [])
  log.add(persist(5, { truncateFrom: 4 }), stored(4))
  log.add(persist(6, { truncateFrom: 3 }), stored(3))
  log.start()
  expect(written).toHaveLength(1)
  for (let i = 0; i < 4; i++) {
    written[i]!.completed()
    log.start()
  }
  expect(events).toEqual([1, 3, 5, 6])
  expect(
    written.map(({ batch }) => [
      batch.truncateFrom,
      batch.blocks.map(({ firstIndex }) => firstIndex),
      batch.hardState?.currentTerm,
    ]),
  ).toEqual([
    [undefined, [5], undefined],
    [undefined, [6, 7], 7],
    [4, [4], 8],
    [3, [3], undefined],
  ])
})

test('after a failed write nothing is written any more', () => {
  const { log, written, events } = writer()
  log.add(persist(1), [])
  log.start()
  log.add(persist(2), [])
  written[0]!.completed(new Error('EIO'))
  log.start()
  expect(events).toEqual(['EIO'])
  expect(written).toHaveLength(1)
})

test('a follower far behind is served from storage once memory has let go, and catches up', async () => {
  const cluster = await Cluster.start({ logCacheBytesMax: 1_000, messageBytesMax: 2_000 })
  const [leader, away] = await cluster.elected()
  await cluster.kill(away!.id)
  const words = Array.from({ length: 300 }, (_, i) => `word number ${i}`)
  for (const word of words) await cluster.world.outcome(leader.propose(word))
  await cluster.start(away!.id)
  await cluster.agreed()
  expect(cluster.words(away!.id)).toEqual(words)
  expect(cluster.disk(away!.id).log).toEqual(cluster.disk(leader.id).log)
  await cluster.stop()
})

test('a fetch for a follower that comes back after a change of leader is not sent', async () => {
  const solo = await Solo.start()
  await solo.receive('C', append(1, 0, 0, [block(1, 1, 'a', 'b', 'c')]))
  await solo.node.stop({ transfer: false })
  await solo.start()
  const term = await solo.lead({ acknowledge: false })
  solo.disk.holdReads = true
  const nothing = { success: false, matchIndex: 0, hintIndex: 0, hintTerm: 0, round: 0 } as const
  await solo.receive('B', { type: 'AppendEntriesReply', term, ...nothing, rejectedIndex: 3 })
  expect(solo.disk.heldReads).toBe(1)
  // C leads, and replaces what A was fetching; then A leads again.
  await solo.receive('C', append(term + 1, 1, 1, [block(2, term + 1, 'X')]))
  await solo.lead({ acknowledge: false })
  solo.disk.holdReads = false
  solo.sent = []
  const { term: later, lastIndex } = solo.node.status()
  await solo.receive('B', {
    type: 'AppendEntriesReply',
    term: later,
    ...nothing,
    rejectedIndex: lastIndex - 1,
  })
  solo.disk.releaseReads()
  await solo.world.calm()
  const sent = solo.take('AppendEntries', 'B').flatMap(({ entries }) => entries)
  expect(sent.map(({ firstIndex, lastIndex: last, term: of }) => [firstIndex, last, of])[0]).toEqual([
    1, 1, 1,
  ])
  expect(solo.node.status().stopped).toBe(false)
  await solo.receive('B', success(later, lastIndex))
  expect(solo.words.slice(0, 2)).toEqual(['a', 'X'])
  await solo.node.stop({ transfer: false })
})

test('a block that begins with what is already there is stored from where it is new, and applied once', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'b')], { leaderCommit: 2 }))
  // A sender may begin at a block boundary before what is wanted.
  await solo.receive(
    'B',
    append(1, 0, 0, [block(1, 1, 'a', 'b', 'c'), block(4, 1, 'd')], { leaderCommit: 4 }),
  )
  const [first, second] = solo.disk.batches.at(-1)!.blocks
  expect([first?.block.firstIndex, first?.firstIndex, second?.firstIndex]).toEqual([1, 3, 4])
  expect(solo.disk.log).toEqual(['1/1 "a"', '2/1 "b"', '3/1 "c"', '4/1 "d"'])
  expect(solo.words).toEqual(['a', 'b', 'c', 'd'])
  await solo.node.stop({ transfer: false })
})
