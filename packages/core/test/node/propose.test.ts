// propose, on any node: a result, "certainly not applied", or "unknown", and never a lie.
import { expect, test } from 'vitest'
import { EntryKind } from '../../src/wire/entry-block.js'
import { Cluster, WORDS } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, macrotask, watch } from './harness/world.js'

test('on the leader and on each follower: applied once, everywhere, in one order', async () => {
  const cluster = await Cluster.start({ size: 5 })
  const nodes = await cluster.elected()
  const results = []
  for (const node of nodes) results.push(await cluster.world.outcome(node.propose(`by ${node.id}`)))
  expect(results).toEqual([1, 2, 3, 4, 5])
  await cluster.agreed()
  const words = nodes.map(({ id }) => `by ${id}`)
  for (const id of cluster.ids) expect(cluster.words(id)).toEqual(words)
  for (const id of cluster.ids) expect(cluster.disk(id).log).toEqual(cluster.disk('A').log)
  await cluster.stop()
})

test('many at once on every node are applied once each, and every caller gets its own result', async () => {
  const cluster = await Cluster.start()
  const nodes = await cluster.elected()
  const proposed = nodes.flatMap((node) => {
    return Array.from({ length: 200 }, (_, i) => ({
      word: `${node.id}${i}`,
      result: node.propose(`${node.id}${i}`),
    }))
  })
  await cluster.world.outcome(Promise.all(proposed.map(({ result }) => result)))
  await cluster.agreed()
  const words = cluster.words('A')
  expect(words).toHaveLength(600)
  for (const { word, result } of proposed) expect(words[(await result) - 1]).toBe(word)
  expect(cluster.words('B')).toEqual(words)
  expect(cluster.words('C')).toEqual(words)
  await cluster.stop()
})

test('a receipt tells where the command stands, and the proposing node has applied it', async () => {
  const cluster = await Cluster.start()
  const [leader, follower] = await cluster.elected()
  for (const node of [leader, follower!]) {
    const receipt = await cluster.world.outcome(node.proposeWithReceipt(`by ${node.id}`))
    expect(receipt.term).toBe(leader.status().term)
    expect(cluster.disk(leader.id).log[receipt.index - 1]).toBe(
      `${receipt.index}/${receipt.term} "by ${node.id}"`,
    )
    // Its own write is there for whoever reads here, even without asking anybody.
    expect(node.status().lastApplied).toBeGreaterThanOrEqual(receipt.index)
    const seen = node.read(({ words }) => words[receipt.result - 1], { consistency: 'local' })
    expect(await cluster.world.outcome(seen)).toBe(`by ${node.id}`)
  }
  await cluster.stop()
})

test('with no leader known it waits, and succeeds when one stands', async () => {
  const cluster = await Cluster.start()
  const early = cluster.ids.map((id) => watch(cluster.node(id).propose(`early ${id}`)))
  await cluster.world.calm()
  expect(early.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
  expect(cluster.node('A').status()).toMatchObject({ leaderId: undefined, pendingProposals: 1 })
  await cluster.world.until('all are answered', () => early.every(({ state }) => state === 'fulfilled'))
  await cluster.agreed()
  expect([...cluster.words('A')].sort()).toEqual(['early A', 'early B', 'early C'])
  await cluster.stop()
})

test('a deadline that passes before a leader is found: certainly not applied, and so it stays', async () => {
  const solo = await Solo.start()
  const began = solo.world.now
  const given = watch(solo.node.propose('given up', { timeoutMs: 100 }))
  await solo.world.until('answered', () => given.state !== 'pending')
  expect(codeOf(given.value)).toBe('ERR_TIMEOUT')
  expect(given.value).toMatchObject({ retryable: true, message: expect.stringContaining('not applied') })
  expect(solo.world.now - began).toBeGreaterThanOrEqual(100)
  const kept = solo.node.propose('kept')
  await solo.lead()
  await solo.acknowledge()
  expect(await solo.world.outcome(kept)).toBe(1)
  expect(solo.words).toEqual(['kept'])
  await solo.node.stop({ transfer: false })
})

test('a deadline that passes once a leader has it: unknown, and never retried', async () => {
  const solo = await Solo.start()
  await solo.lead()
  await solo.openSession()
  expect(await solo.world.failure(solo.node.propose('unknown', { timeoutMs: 20 }))).toBe(
    'ERR_OUTCOME_UNKNOWN',
  )
  expect(solo.node.status().pendingProposals).toBe(0)
  // It was no lie: the followers come back, and it is applied.
  await solo.acknowledge()
  expect(solo.words).toEqual(['unknown'])
  await solo.node.stop({ transfer: false })
})

test('without a timeout of its own a request has the node’s', async () => {
  const solo = await Solo.start({ requestTimeoutMs: 700 })
  const began = solo.world.now
  expect(await solo.world.failure(solo.node.propose('word'))).toBe('ERR_TIMEOUT')
  expect(solo.world.now - began).toBeGreaterThanOrEqual(700)
  expect(solo.world.now - began).toBeLessThan(710)
  await solo.node.stop({ transfer: false })
})

test('many deadlines cost one timer, and each is kept', async () => {
  const solo = await Solo.start()
  const answeredAt: number[] = []
  const timeouts = [500, 100, 300, 100, 200]
  const proposals = timeouts.map((timeoutMs, i) =>
    solo.node.propose(`w${i}`, { timeoutMs }).catch(() => {
      answeredAt[i] = solo.world.now
    }),
  )
  const began = solo.world.now
  await solo.world.outcome(Promise.all(proposals))
  for (const [i, timeoutMs] of timeouts.entries()) {
    expect(answeredAt[i]! - began).toBeGreaterThanOrEqual(timeoutMs)
    expect(answeredAt[i]! - began).toBeLessThan(timeoutMs + 10)
  }
  await solo.node.stop({ transfer: false })
})

test('a signal at each stage: before, waiting, sent, appended, answered', async () => {
  const solo = await Solo.start()
  const reason = new Error('enough')
  expect(await solo.world.failure(solo.node.propose('before', { signal: AbortSignal.abort(reason) }))).toBe(
    'ERR_ABORTED',
  )
  const abortWhen = async (stage: () => Promise<void>): Promise<unknown> => {
    const controller = new AbortController()
    const given = watch(solo.node.propose('word', { signal: controller.signal }))
    await stage()
    controller.abort(reason)
    await solo.world.calm()
    return given.value
  }
  const waiting = await abortWhen(async () => solo.world.calm())
  expect(waiting).toMatchObject({ code: 'ERR_ABORTED', cause: reason })
  await solo.follow('B', 1)
  // What was given up while it waited is not sent; the session it would have been in is opened all the same.
  const [opening, ...others] = solo.take('Forward')
  expect([opening?.kind, others]).toEqual([EntryKind.OpenSession, []])
  await solo.leaderTakes('B', opening!)
  const sent = await abortWhen(async () => {
    await solo.world.calm()
    expect(solo.take('Forward', 'B')).toHaveLength(1)
  })
  expect(sent).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', cause: reason })
  await solo.lead()
  const appended = await abortWhen(async () => solo.world.calm())
  expect(appended).toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN', cause: reason })
  const answered = await abortWhen(async () => {
    await solo.world.calm()
    await solo.acknowledge()
  })
  expect(answered).toBe(2)
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('beyond the limit of pending proposals: refused at once, and room comes back with every answer', async () => {
  const solo = await Solo.start({ pendingProposalsMax: 2 })
  const controller = new AbortController()
  const first = watch(solo.node.propose('first'))
  const second = watch(solo.node.propose('second', { signal: controller.signal }))
  expect(await solo.world.failure(solo.node.propose('third'))).toBe('ERR_OVERLOADED')
  controller.abort()
  const fourth = watch(solo.node.propose('fourth'))
  expect(await solo.world.failure(solo.node.propose('fifth'))).toBe('ERR_OVERLOADED')
  await solo.lead()
  await solo.acknowledge()
  await solo.acknowledge()
  expect([first.value, fourth.value]).toEqual([1, 2])
  expect(codeOf(second.value)).toBe('ERR_ABORTED')
  expect(solo.words).toEqual(['first', 'fourth'])
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('beyond the limit of pending bytes: refused at once, and the bytes come back too', async () => {
  const solo = await Solo.start({ pendingBytesMax: 2_000 })
  const long = 'x'.repeat(900)
  const given = [watch(solo.node.propose(long)), watch(solo.node.propose(long))]
  expect(await solo.world.failure(solo.node.propose(long))).toBe('ERR_OVERLOADED')
  expect(codeOf(given[0]!.value ?? new Error('pending'))).toBe('pending')
  await solo.lead()
  await solo.acknowledge()
  expect(given.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled'])
  const again = [solo.node.propose(long), solo.node.propose(long)]
  await solo.world.calm()
  await solo.acknowledge()
  expect(await solo.world.outcome(Promise.all(again))).toEqual([3, 4])
  await solo.node.stop({ transfer: false })
})

test('a command that cannot travel is refused as such', async () => {
  const solo = await Solo.start({ messageBytesMax: 1024 })
  const unencodable = [1n, undefined, () => 1] as unknown as string[]
  for (const command of unencodable) {
    expect(await solo.world.failure(solo.node.propose(command))).toBe('ERR_INVALID_COMMAND')
  }
  expect(await solo.world.failure(solo.node.propose('x'.repeat(511)))).toBe('ERR_INVALID_COMMAND')
  const largest = watch(solo.node.propose('x'.repeat(510)))
  await solo.lead()
  await solo.acknowledge()
  expect(largest.state).toBe('fulfilled')
  await solo.node.stop({ transfer: false })
})

test('a leader whose followers are away holds its log back, and goes on when they return', async () => {
  const solo = await Solo.start({ pendingProposalsMax: 4 })
  await solo.lead()
  await solo.openSession()
  const words = ['a', 'b', 'c', 'd']
  for (const word of words) void solo.node.propose(word, { timeoutMs: 10 }).catch(() => undefined)
  await solo.world.pass(20)
  expect(solo.node.status()).toMatchObject({ pendingProposals: 0, lastIndex: 6, commitIndex: 2 })
  const held = watch(solo.node.propose('held', { timeoutMs: 1_000 }))
  const turns = solo.world.turnCount
  await solo.world.pass(200)
  // Nothing turns in circles while it waits: a heartbeat every 50 ms, and little else.
  expect(solo.world.turnCount - turns).toBeLessThan(15)
  expect(solo.node.status().lastIndex).toBe(6)
  await solo.acknowledge()
  await solo.acknowledge()
  expect(held).toMatchObject({ state: 'fulfilled', value: 5 })
  expect(solo.words).toEqual(['a', 'b', 'c', 'd', 'held'])
  await solo.node.stop({ transfer: false })
})

test('what another leader replaced is proposed again, under the same sequence, and applied once', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const session = await solo.openSession()
  const given = watch(solo.node.proposeWithReceipt('replaced'))
  await solo.world.calm()
  expect(solo.disk.log.at(-1)).toBe(`3/${term} "replaced"`)
  // B was elected without it, and commits another entry in its place: it certainly never will be.
  await solo.receive('B', append(term + 1, 2, term, [block(3, term + 1, 'other')], { leaderCommit: 3 }))
  expect(given.state).toBe('pending')
  const [forward] = solo.take('Forward', 'B')
  expect(forward).toMatchObject({ sessionId: session, firstSequence: 1, acknowledgedBelow: 1 })
  await solo.leaderTakes('B', forward!)
  expect(given).toMatchObject({ state: 'fulfilled', value: { result: 2, index: 4, term: term + 1 } })
  expect(solo.words).toEqual(['other', 'replaced'])
  await solo.node.stop({ transfer: false })
})

test('what was replaced after its caller was told "unknown" is not proposed again', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  await solo.openSession()
  expect(await solo.world.failure(solo.node.propose('unknown', { timeoutMs: 10 }))).toBe(
    'ERR_OUTCOME_UNKNOWN',
  )
  await solo.receive('B', append(term + 1, 2, term, [block(3, term + 1, 'other')], { leaderCommit: 3 }))
  expect(solo.take('Forward')).toEqual([])
  expect(solo.words).toEqual(['other'])
  await solo.node.stop({ transfer: false })
})

test('an answer comes in a later turn than the one that knew it: callers in a loop starve nobody', async () => {
  const solo = await Solo.start({ ids: ['A'] })
  await solo.world.until('A leads', () => solo.node.status().commitIndex === 1)
  let answered = 0
  let timerFiredAfter: number | undefined
  const caller = async (): Promise<void> => {
    for (;;) {
      await solo.node.propose('word')
      answered++
      if (timerFiredAfter !== undefined) return
    }
  }
  const callers = Promise.all(Array.from({ length: 1_000 }, caller))
  solo.world.nextTurn(() =>
    solo.world.nextTurn(() => solo.world.nextTurn(() => (timerFiredAfter = answered))),
  )
  await solo.world.outcome(callers)
  // One round of answers at most had come before what else waited for its turn.
  expect(timerFiredAfter).toBeLessThanOrEqual(1_000)
  await solo.node.stop({ transfer: false })
})

test('even a cluster of one, with a storage that completes at once, does not answer within the call’s own turn', async () => {
  const solo = await Solo.start({ ids: ['A'] })
  await solo.world.until('A leads', () => solo.node.status().commitIndex === 1)
  await solo.openSession()
  const given = watch(solo.node.propose('word'))
  await macrotask()
  expect(given.state).toBe('pending')
  // The turn that appends, commits and applies.
  await solo.world.step()
  expect([given.state, solo.words.length]).toEqual(['pending', 1])
  await solo.world.step()
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('what waits together travels together, in blocks no larger than a message', async () => {
  const solo = await Solo.start({ messageBytesMax: 2_000 })
  const long = 'x'.repeat(600)
  const given = Array.from({ length: 10 }, () => watch(solo.node.propose(long)))
  await solo.lead()
  // Behind the no-op and the session.
  const sizes = solo.disk.batches.flatMap(({ blocks }) => blocks.map((stored) => stored.block)).slice(2)
  expect(sizes.map(({ firstIndex, lastIndex }) => lastIndex - firstIndex + 1)).toEqual([3, 3, 3, 1])
  for (const { byteLength } of sizes) expect(byteLength).toBeLessThanOrEqual(2_000)
  await solo.acknowledge()
  expect(given.every(({ state }) => state === 'fulfilled')).toBe(true)
  await solo.node.stop({ transfer: false })
})

test('followers learn of a commit at once, with the next entries or without, not by the next heartbeat', async () => {
  const solo = await Solo.start()
  await solo.lead()
  await solo.openSession()
  void solo.node.propose('word')
  await solo.world.calm()
  solo.sent = []
  const began = solo.world.now
  await solo.acknowledge()
  expect(solo.world.now).toBe(began)
  expect(solo.take('AppendEntries', 'B').at(-1)).toMatchObject({ leaderCommit: 3, entries: [] })
  expect(solo.take('AppendEntries', 'C').at(-1)).toMatchObject({ leaderCommit: 3, entries: [] })
  await solo.node.stop({ transfer: false })
})

test('bytes as commands arrive as they are', async () => {
  const cluster = await Cluster.start({ size: 1 })
  await cluster.elected()
  const text = 'naïve ☂ 𝄞'
  expect(await cluster.world.outcome(cluster.node('A').propose(text))).toBe(1)
  expect(cluster.words('A')).toEqual([text])
  expect(WORDS.codec.decode(WORDS.codec.encode(text))).toBe(text)
  await cluster.stop()
})
