// Client sessions (Raft §8, thesis §6.3): a command is applied once, across retries, fail-over and restarts.
import { expect, test } from 'vitest'
import { defineStateMachine } from '../../src/node/define-state-machine.js'
import { SEQUENCE_WINDOW } from '../../src/node/sessions/session.js'
import type { SessionSequence } from '../../src/node/types.js'
import { EntryKind } from '../../src/wire/entry-block.js'
import type { Forward } from '../../src/wire/messages.js'
import { Cluster, type WordsNode } from './harness/cluster.js'
import { append, block, blockOf, Solo } from './harness/solo.js'
import { codeOf, WALL_EPOCH_MS, watch } from './harness/world.js'

/** A cluster and a session that a caller has opened. */
async function opened(ttlMs?: number): Promise<{ cluster: Cluster; nodes: WordsNode[]; id: number }> {
  const cluster = await Cluster.start()
  const nodes = await cluster.elected()
  const options = ttlMs === undefined ? {} : { ttlMs }
  const id = await cluster.world.outcome(nodes[1]!.openSession(options))
  return { cluster, nodes, id }
}

test('"If it receives a command whose serial number has already been executed, it responds immediately" (§8)', async () => {
  const { cluster, nodes, id } = await opened()
  const session = { id, sequence: 1 }
  const first = await cluster.world.outcome(nodes[1]!.proposeWithReceipt('once', { session }))
  for (const node of nodes) {
    expect(await cluster.world.outcome(node.proposeWithReceipt('once', { session }))).toEqual(first)
  }
  expect(await cluster.world.outcome(nodes[2]!.propose('twice', { session: { id, sequence: 2 } }))).toBe(2)
  await cluster.agreed()
  for (const node of cluster.ids) expect(cluster.words(node)).toEqual(['once', 'twice'])
  await cluster.stop()
})

test('a rejection is an outcome too: it is repeated, not tried again', async () => {
  const { cluster, nodes, id } = await opened()
  const session = { id, sequence: 1 }
  for (const node of nodes)
    expect(await cluster.world.failure(node.propose('!no', { session }))).toBe('ERR_COMMAND_REJECTED')
  await cluster.stop()
})

test('a caller that restarts repeats what it does not know, on another member, after every server has restarted', async () => {
  const { cluster, nodes, id } = await opened()
  const session = { id, sequence: 1 }
  const [leader, follower] = nodes
  // Its process dies before it hears the answer.
  void follower!.propose('paid', { session }).catch(() => undefined)
  await cluster.world.until('applied', () => cluster.words(leader!.id).length === 1)
  for (const member of cluster.ids) await cluster.kill(member)
  for (const member of cluster.ids) await cluster.start(member)
  await cluster.elected()
  // The log rebuilds the table, on every server alike.
  for (const member of cluster.ids)
    expect(await cluster.world.outcome(cluster.node(member).propose('paid', { session }))).toBe(1)
  await cluster.agreed()
  for (const member of cluster.ids) expect(cluster.words(member)).toEqual(['paid'])
  await cluster.stop()
})

test('a sequence may come before the one below it: forwarding reorders', async () => {
  const { cluster, nodes, id } = await opened()
  const propose = (sequence: number, node = nodes[sequence % 3]!): Promise<number> =>
    cluster.world.outcome(node.propose(`w${sequence}`, { session: { id, sequence } }))
  expect([await propose(3), await propose(1), await propose(4), await propose(2)]).toEqual([1, 2, 3, 4])
  expect([await propose(1, nodes[0]), await propose(3, nodes[1])]).toEqual([2, 1])
  await cluster.agreed()
  expect(cluster.words('A')).toEqual(['w3', 'w1', 'w4', 'w2'])
  await cluster.stop()
})

test('what is acknowledged is not run again, and its result is no longer known', async () => {
  const { cluster, nodes, id } = await opened()
  const propose = (session: SessionSequence): Promise<number> => nodes[0]!.propose('word', { session })
  await cluster.world.outcome(propose({ id, sequence: 1 }))
  await cluster.world.outcome(propose({ id, sequence: 5, acknowledgedBelow: 5 }))
  for (const sequence of [1, 4])
    expect(await cluster.world.failure(propose({ id, sequence }))).toBe('ERR_OUTCOME_UNKNOWN')
  expect(cluster.words(nodes[0]!.id)).toHaveLength(2)
  await cluster.stop()
})

test('a sequence further ahead than the window is refused, certainly', async () => {
  const { cluster, nodes, id } = await opened()
  const propose = (session: SessionSequence): Promise<number> => nodes[0]!.propose('word', { session })
  const sequence = SEQUENCE_WINDOW + 1
  expect(await cluster.world.failure(propose({ id, sequence }))).toBe('ERR_INVALID_OPTION')
  expect(await cluster.world.outcome(propose({ id, sequence, acknowledgedBelow: 2 }))).toBe(1)
  await cluster.stop()
})

test('an unknown session is refused and not made: one that was silently made anew ran a retry twice', async () => {
  const { cluster, nodes, id } = await opened()
  for (let i = 0; i < 2; i++) {
    const error = await cluster.world
      .outcome(nodes[0]!.propose('word', { session: { id: id + 1_000, sequence: 1 } }))
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_SESSION_EXPIRED', retryable: false })
  }
  await cluster.agreed()
  expect(cluster.words('A')).toEqual([])
  expect(nodes[0]!.status().sessions).toBe(1)
  await cluster.stop()
})

test('a session that was not used for longer than its ttl runs nothing any more, on any replica', async () => {
  const { cluster, nodes, id } = await opened(500)
  const propose = (sequence: number): Promise<number> =>
    nodes[1]!.propose(`w${sequence}`, { session: { id, sequence } })
  await cluster.world.outcome(propose(1))
  await cluster.world.pass(400)
  await cluster.world.outcome(propose(2))
  await cluster.world.pass(400)
  await cluster.world.outcome(propose(3))
  await cluster.world.pass(600)
  // A retry of what was applied, and something new: the same answer.
  for (const sequence of [3, 4])
    expect(await cluster.world.failure(propose(sequence))).toBe('ERR_SESSION_EXPIRED')
  await cluster.agreed()
  for (const member of cluster.ids) expect(cluster.words(member)).toEqual(['w1', 'w2', 'w3'])
  await cluster.stop()
})

test('apply is told the session', async () => {
  const sessions: (number | undefined)[] = []
  const machine = defineStateMachine({
    initial: { words: [] as string[] },
    apply: ({ words }, word: string, { session }) => {
      sessions.push(session)
      return words.push(word)
    },
  })
  const solo = await Solo.start({ ids: ['A'], stateMachine: machine })
  const id = await solo.world.outcome(solo.node.openSession())
  await solo.world.outcome(solo.node.propose('word', { session: { id, sequence: 1 } }))
  await solo.world.outcome(solo.node.propose('word'))
  expect(sessions).toEqual([id, id + 2])
  await solo.node.stop({ transfer: false })
})

test.each<[string, SessionSequence]>([
  ['an id of 0', { id: 0, sequence: 1 }],
  ['an id that is no integer', { id: 1.5, sequence: 1 }],
  ['a sequence of 0', { id: 1, sequence: 0 }],
  ['a sequence above 2^53 - 1', { id: 1, sequence: 2 ** 53 }],
  ['acknowledging itself', { id: 1, sequence: 3, acknowledgedBelow: 4 }],
  ['acknowledging less than nothing', { id: 1, sequence: 3, acknowledgedBelow: -1 }],
])('%s is refused at once', async (_, session) => {
  const solo = await Solo.start()
  expect(await solo.world.failure(solo.node.propose('word', { session }))).toBe('ERR_INVALID_OPTION')
  await solo.node.stop({ transfer: false })
})

test.each([0, -1, 1.5, Number.NaN, 2 ** 53])('a ttl of %d ms is refused at once', async (ttlMs) => {
  const solo = await Solo.start()
  expect(await solo.world.failure(solo.node.openSession({ ttlMs }))).toBe('ERR_INVALID_OPTION')
  await solo.node.stop({ transfer: false })
})

test('this node’s own session is not for its callers: their sequences are not its own', async () => {
  const solo = await Solo.start()
  await solo.lead()
  const id = await solo.openSession()
  const session = { id, sequence: 1 }
  expect(await solo.world.failure(solo.node.propose('word', { session }))).toBe('ERR_INVALID_OPTION')
  await solo.node.stop({ transfer: false })
})

test('a repetition of what is under way on this node joins it: it stands in the log once', async () => {
  const solo = await Solo.start()
  await solo.lead()
  const opening = solo.node.openSession()
  await solo.world.calm()
  await solo.acknowledge()
  const session = { id: await solo.world.outcome(opening), sequence: 1 }
  const given = [1, 2, 3].map(() => watch(solo.node.propose('word', { session })))
  await solo.world.calm()
  expect(solo.node.status().pendingProposals).toBe(3)
  await solo.acknowledge()
  expect(given.map(({ value }) => value)).toEqual([1, 1, 1])
  expect(solo.disk.log.filter((line) => line.includes('word'))).toHaveLength(1)
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('whoever joined goes on when the first gives up, while it waits for a leader and while it is under way', async () => {
  const solo = await Solo.start()
  const session = { id: 2, sequence: 1 }
  const propose = (signal?: AbortSignal) => {
    return watch(solo.node.propose('word', { session, timeoutMs: 20_000, ...(signal && { signal }) }))
  }
  const opening = solo.node.openSession()
  const [one, two] = [new AbortController(), new AbortController()]
  const given = [propose(one.signal), propose(two.signal), propose()]
  await solo.world.calm()
  one.abort()
  await solo.world.calm()
  expect(codeOf(given[0]!.value)).toBe('ERR_ABORTED')
  // The session is opened at the index that was guessed, and the command behind it.
  const term = await solo.lead({ acknowledge: false })
  two.abort()
  await solo.world.calm()
  expect(codeOf(given[1]!.value)).toBe('ERR_OUTCOME_UNKNOWN')
  expect(given[2]!.state).toBe('pending')
  await solo.acknowledge()
  expect(given[2]).toEqual({ state: 'fulfilled', value: 1 })
  expect(await opening).toBe(2)
  expect(solo.disk.log).toEqual([`1/${term} noop`, `2/${term} session`, `3/${term} "word"`])
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('an opening whose answer is lost is found in the log', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const opening = watch(solo.node.openSession({ ttlMs: 1_000 }))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  expect(forward).toMatchObject({ kind: EntryKind.OpenSession, sessionId: 0 })
  await solo.receive('B', append(1, 0, 0, [blockOf(forward!, 1, 1)], { leaderCommit: 1 }))
  expect(opening).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('an opening that is given up concerns no command: it may be asked for again', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const opening = watch(solo.node.openSession({ timeoutMs: 50 }))
  await solo.world.calm()
  expect(solo.take('Forward', 'B')).toHaveLength(1)
  await solo.world.until('given up', () => opening.state !== 'pending')
  expect(opening.value).toMatchObject({ code: 'ERR_TIMEOUT', retryable: true })
  const controller = new AbortController()
  const aborted = watch(solo.node.openSession({ signal: controller.signal }))
  const stopped = watch(solo.node.openSession())
  await solo.world.calm()
  controller.abort()
  await solo.node.stop({ transfer: false })
  await solo.world.calm()
  expect([codeOf(aborted.value), codeOf(stopped.value)]).toEqual(['ERR_ABORTED', 'ERR_STOPPED'])
})

test('all first proposals of a node wait for one opening, and it is repeated until it is there', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = ['a', 'b', 'c'].map((word) => watch(solo.node.propose(word)))
  await solo.world.calm()
  const openings = solo.take('Forward', 'B')
  expect(openings.map(({ kind, commands }) => [kind, commands.length])).toEqual([[EntryKind.OpenSession, 1]])
  solo.host.linkUp('B')
  await solo.world.calm()
  const [again] = solo.take('Forward', 'B')
  expect(again?.commands).toEqual(openings[0]!.commands)
  // Both arrived: the first opens the session, the second one that nobody will use.
  await solo.leaderTakes('B', openings[0]!)
  const [commands] = solo.take('Forward', 'B')
  expect(commands).toMatchObject({ sessionId: 1, firstSequence: 1 })
  await solo.leaderTakes('B', again!)
  await solo.leaderTakes('B', commands!)
  expect(given.map(({ value }) => value)).toEqual([1, 2, 3])
  expect(solo.node.status().sessions).toBe(2)
  await solo.node.stop({ transfer: false })
})

test('when a node’s own session has expired, what is pending moves to another one, and is applied once', async () => {
  const cluster = await Cluster.start({ sessionTtlMs: 1_000 })
  const [leader, follower] = await cluster.elected()
  await cluster.world.outcome(Promise.all([leader.propose('a'), follower!.propose('b')]))
  await cluster.world.pass(5_000)
  const words = ['c', 'd', 'e', 'f']
  const given = words.map((word, i) => (i % 2 === 0 ? leader : follower!).propose(word))
  const places = await cluster.world.outcome(Promise.all(given))
  await cluster.agreed()
  expect([...cluster.words('A')].sort()).toEqual(['a', 'b', ...words])
  for (const [i, place] of places.entries()) expect(cluster.words('A')[place - 1]).toBe(words[i])
  await cluster.stop()
})

test('what was under way in the session that expired is rejected there, and not lost', async () => {
  const solo = await Solo.start({ sessionTtlMs: 1_000 })
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = ['a', 'b'].map((word) => watch(solo.node.propose(word)))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  // The leader's clock leapt: by the time of its entries a day has passed.
  const later = WALL_EPOCH_MS + 86_400_000
  await solo.receive('B', append(1, 1, 1, [blockOf(forward!, 2, 1, later)], { leaderCommit: 3 }))
  expect(solo.words).toEqual([])
  const [opening] = solo.take('Forward', 'B')
  expect(opening?.kind).toBe(EntryKind.OpenSession)
  await solo.receive('B', append(1, 3, 1, [blockOf(opening!, 4, 1, later)], { leaderCommit: 4 }))
  const [again] = solo.take('Forward', 'B')
  expect(again).toMatchObject({ sessionId: 4, firstSequence: 1, acknowledgedBelow: 1 })
  // A late copy of the first attempt changes nothing.
  await solo.receive('B', append(1, 4, 1, [blockOf(forward!, 5, 1, later)], { leaderCommit: 6 }))
  await solo.receive('B', append(1, 6, 1, [blockOf(again!, 7, 1, later)], { leaderCommit: 8 }))
  expect(given.map(({ value }) => value)).toEqual([1, 2])
  expect(solo.words).toEqual(['a', 'b'])
  await solo.node.stop({ transfer: false })
})

test('many sent again at once travel together, in their order', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const forwards: Forward[] = []
  for (const word of ['a', 'b', 'c', 'd']) {
    void solo.node.propose(word).catch(() => undefined)
    await solo.world.calm()
    forwards.push(...solo.take('Forward', 'B'))
  }
  expect(forwards.map(({ firstSequence }) => firstSequence)).toEqual([1, 2, 3, 4])
  // c is applied before its answer comes; then C leads.
  await solo.receive('B', append(1, 1, 1, [blockOf(forwards[2]!, 2, 1)], { leaderCommit: 2 }))
  await solo.receive('C', append(2, 2, 1, []))
  expect(solo.take('Forward', 'C')).toMatchObject([
    { firstSequence: 1, commands: [{}, {}], acknowledgedBelow: 1 },
    { firstSequence: 4, commands: [{}] },
  ])
  await solo.node.stop({ transfer: false })
})

test('one that was given up holds back no acknowledgement, one that is pending does', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const propose = async (word: string, signal?: AbortSignal): Promise<Forward> => {
    solo.node.propose(word, signal === undefined ? {} : { signal }).catch(() => undefined)
    await solo.world.calm()
    return solo.take('Forward', 'B')[0]!
  }
  const controller = new AbortController()
  const first = await propose('a', controller.signal)
  const second = await propose('b')
  expect(second.acknowledgedBelow).toBe(1)
  controller.abort()
  expect((await propose('c')).acknowledgedBelow).toBe(2)
  await solo.leaderTakes('B', second)
  const last = await propose('d')
  expect(last.acknowledgedBelow).toBe(3)
  // The one that was given up comes late, behind that: it does not run any more.
  await solo.leaderTakes('B', last)
  await solo.leaderTakes('B', first)
  expect(solo.words).toEqual(['b', 'd'])
  await solo.node.stop({ transfer: false })
})

test('a log of commands without sessions is still applied', async () => {
  const solo = await Solo.start()
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'a', 'a')], { leaderCommit: 2 }))
  expect(solo.words).toEqual(['a', 'a'])
  await solo.node.stop({ transfer: false })
})
