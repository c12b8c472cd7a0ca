// Proposals on a follower go to the leader: applied once, and never called "not applied" when they may be.
import { expect, test } from 'vitest'
import { ForwardGuard } from '../../src/node/forward-guard.js'
import type { Forward, ForwardReply } from '../../src/wire/messages.js'
import { Cluster } from './harness/cluster.js'
import { append, block, Solo } from './harness/solo.js'
import { codeOf, watch } from './harness/world.js'

test('a copy of an accepted request that arrives in a later term is not answered with a refusal', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const forward = request(term, 1, 'once')
  await solo.receive('B', forward)
  expect(solo.take('ForwardReply', 'B')).toMatchObject([{ accepted: true, firstIndex: 2 }])
  // A new term begins: what stands at index 2 may still be committed by the next leader.
  await solo.receive('C', {
    type: 'RequestVote',
    term: term + 1,
    lastLogIndex: 9,
    lastLogTerm: term,
    transfer: true,
  })
  await solo.receive('B', forward)
  expect(solo.take('ForwardReply', 'B')).toEqual([])
})

test('a copy from two terms ago is not answered either, a request that was never met is refused', async () => {
  const solo = await Solo.start()
  const first = await solo.lead()
  await solo.receive('B', request(first, 1, 'first'))
  const vote = {
    type: 'RequestVote',
    term: first + 1,
    lastLogIndex: 9,
    lastLogTerm: first,
    transfer: true,
  } as const
  await solo.receive('C', vote)
  solo.sent = []
  await solo.receive('B', request(first, 2, 'too late'))
  expect(solo.take('ForwardReply', 'B')).toMatchObject([{ sequence: 9, accepted: false, overloaded: false }])
  const second = await solo.lead()
  expect(second).toBeGreaterThan(first + 1)
  await solo.receive('B', request(second, 3, 'second'))
  solo.sent = []
  await solo.receive('B', request(first, 1, 'first'))
  expect(solo.take('ForwardReply', 'B')).toEqual([])
})

test('a repeated request is appended once', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const forward = request(term, 1, 'once')
  await solo.receive('B', forward, forward)
  await solo.receive('B', forward)
  expect(solo.disk.log.filter((line) => line.includes('once'))).toHaveLength(1)
  // Another process of B counts from the beginning again.
  await solo.receive('B', { ...forward, processId: 8, sequence: 9 })
  expect(solo.disk.log.filter((line) => line.includes('once'))).toHaveLength(2)
})

test('the answer to an earlier process of this node is not taken for one to this process', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  void solo.node.propose('of the first process').catch(() => undefined)
  await solo.world.calm()
  const [first] = solo.take('Forward', 'B')
  await solo.node.stop({ transfer: false })
  await solo.start()
  await solo.follow('B', 1)
  const second = watch(solo.node.propose('of the second process'))
  await solo.world.calm()
  await solo.receive('B', accepted(first!, 1))
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'of the first process')], { leaderCommit: 1 }))
  expect(solo.words).toEqual(['of the first process'])
  expect(second.state).toBe('pending')
  await solo.node.stop({ transfer: false })
})

test('a network that delivers everything twice applies everything once', async () => {
  const cluster = await Cluster.start()
  cluster.network.judge = () => 'duplicate'
  const nodes = await cluster.elected()
  const given = nodes.flatMap((node) => Array.from({ length: 20 }, (_, i) => node.propose(`${node.id}${i}`)))
  const results = await cluster.world.outcome(Promise.all(given))
  expect([...results].sort((a, b) => a - b)).toEqual(results.map((_, i) => i + 1))
  await cluster.agreed()
  expect(new Set(cluster.words('A')).size).toBe(60)
  expect(cluster.words('A')).toHaveLength(60)
  await cluster.stop()
})

test('requests on their way to a leader that dies: applied once, or unknown, and the rest goes to the next', async () => {
  const cluster = await Cluster.start({ size: 5 })
  const [leader, follower, ...others] = await cluster.elected()
  // Its answers no longer leave: some of what it took has reached the others, some has not.
  const isAnswer = (type: string): boolean => type === 'ForwardReply'
  cluster.network.judge = ({ from, to, frame }) => {
    if (from !== leader.id) return 'pass'
    if (to === follower!.id) return frame.messages.some(({ type }) => isAnswer(type)) ? 'drop' : 'pass'
    return to === others[0]!.id ? 'pass' : 'drop'
  }
  const sent = watch(follower!.propose('on its way'))
  await cluster.world.until('the leader has it', () =>
    cluster.disk(leader.id).log.some((line) => line.includes('on its way')),
  )
  await cluster.kill(leader.id)
  const later = watch(follower!.propose('after'))
  await cluster.world.until('both are answered', () => sent.state !== 'pending' && later.state !== 'pending')
  expect(later.state).toBe('fulfilled')
  expect(codeOf(sent.value)).toBe('ERR_OUTCOME_UNKNOWN')
  await cluster.agreed()
  const times = cluster.words(follower!.id).filter((word) => word === 'on its way').length
  expect(times).toBeLessThanOrEqual(1)
  for (const { id } of others) expect(cluster.words(id)).toEqual(cluster.words(follower!.id))
  await cluster.stop()
})

test('what was accepted survives the leader when a majority has it: its caller gets the result', async () => {
  const cluster = await Cluster.start()
  const [leader, follower] = await cluster.elected()
  const given = watch(follower!.propose('accepted'))
  await cluster.world.until('the follower holds it', () =>
    cluster.disk(follower!.id).log.some((line) => line.includes('accepted')),
  )
  await cluster.kill(leader.id)
  await cluster.world.until('answered', () => given.state !== 'pending')
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await cluster.stop()
})

test('a leader that has stepped down refuses, and the request goes to the next one', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  const { sequence } = forward!
  const refusal = {
    type: 'ForwardReply',
    term: 2,
    sequence,
    accepted: false,
    overloaded: false,
    firstIndex: 0,
  } as const
  await solo.receive('B', refusal)
  // Not again to the same one at once.
  expect(solo.take('Forward')).toEqual([])
  await solo.follow('C', 2)
  const [again] = solo.take('Forward', 'C')
  expect(again?.commands).toEqual(forward!.commands)
  await solo.receive('C', accepted(again!, 1))
  await solo.receive('C', append(2, 0, 0, [block(1, 2, 'word')], { leaderCommit: 1 }))
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a refusal by a leader that is overloaded is the caller’s to hear', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  const { sequence } = forward!
  await solo.receive('B', {
    type: 'ForwardReply',
    term: 1,
    sequence,
    accepted: false,
    overloaded: true,
    firstIndex: 0,
  })
  expect(codeOf(given.value)).toBe('ERR_OVERLOADED')
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('a leader without room refuses what is forwarded, and takes it when there is room again', async () => {
  const solo = await Solo.start({ pendingProposalsMax: 2 })
  const term = await solo.lead()
  await solo.receive('B', request(term, 1, 'a', 'b'))
  await solo.receive('B', request(term, 2, 'c'))
  expect(solo.take('ForwardReply', 'B')).toMatchObject([
    { accepted: true, firstIndex: 2 },
    { accepted: false, overloaded: true },
  ])
  await solo.acknowledge()
  await solo.receive('B', request(term, 3, 'd'))
  expect(solo.take('ForwardReply', 'B')).toMatchObject([{ accepted: true, firstIndex: 4 }])
  await solo.node.stop({ transfer: false })
})

test('a request is not handed to a leader that cannot be reached: it waits, and is certain', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  solo.host.linkDown('B', 'cut')
  const given = watch(solo.node.propose('word', { timeoutMs: 100 }))
  for (let i = 0; i < 3; i++) {
    await solo.world.pass(40)
    await solo.follow('B', 1)
  }
  expect(solo.take('Forward')).toEqual([])
  expect(codeOf(given.value)).toBe('ERR_TIMEOUT')
  const later = watch(solo.node.propose('later'))
  await solo.world.calm()
  solo.host.linkUp('B')
  await solo.world.calm()
  expect(solo.take('Forward', 'B')).toHaveLength(1)
  await solo.node.stop({ transfer: false })
  expect(later.state).toBe('pending')
})

test('an answer that comes after its entry was applied: the result is gone, the outcome unknown', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'word')], { leaderCommit: 1 }))
  await solo.receive('B', accepted(forward!, 1))
  expect(codeOf(given.value)).toBe('ERR_OUTCOME_UNKNOWN')
  await solo.node.stop({ transfer: false })
})

test('answers that are repeated, late or about nothing change nothing', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', accepted({ ...forward!, sequence: forward!.sequence + 1 }, 1))
  await solo.receive('B', accepted(forward!, 1), accepted(forward!, 2))
  await solo.receive('B', { ...accepted(forward!, 0), accepted: false })
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'word', 'other')], { leaderCommit: 2 }))
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  expect(solo.node.status().pendingProposals).toBe(0)
  expect(solo.take('Forward')).toEqual([])
  await solo.node.stop({ transfer: false })
})

test('when a leader of a later term stands, what the earlier one left unanswered is unknown, at once', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const began = solo.world.now
  await solo.follow('C', 2)
  expect(codeOf(given.value)).toBe('ERR_OUTCOME_UNKNOWN')
  expect(solo.world.now).toBe(began)
  expect(solo.take('Forward', 'C')).toEqual([])
  await solo.node.stop({ transfer: false })
})

test('the same index of another term is not the answer', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const given = watch(solo.node.propose('mine'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', accepted(forward!, 1))
  await solo.receive('C', append(2, 0, 0, [block(1, 2, 'another')], { leaderCommit: 1 }))
  expect(solo.words).toEqual(['another'])
  expect(given.state).toBe('pending')
  // It certainly was not applied, and is proposed again.
  const [again] = solo.take('Forward', 'C')
  expect(again?.commands).toEqual(forward!.commands)
  await solo.node.stop({ transfer: false })
})

test('a guard forgets gaps, never what it has seen', () => {
  const guard = new ForwardGuard()
  const met = (nth: number, term = 1): boolean => guard.firstTime('B', request(term, nth, 'w'))
  expect([met(1), met(1), met(3), met(2), met(2), met(3)]).toEqual([true, false, true, true, false, false])
  // 4 is lost; the guard gives up on it rather than remember everything after it one by one.
  for (let nth = 5; nth <= 70_000; nth++) expect(met(nth)).toBe(true)
  expect([met(4), met(5), met(70_000), met(70_001)]).toEqual([false, false, false, true])
  // Processes come and go; the latest are known.
  for (let processId = 100; processId < 140; processId++) {
    expect(guard.firstTime('B', { ...request(1, 1, 'w'), processId, sequence: processId + 1 })).toBe(true)
  }
  expect(guard.firstTime('B', { ...request(1, 1, 'w'), processId: 139, sequence: 140 })).toBe(false)
})

/** The `nth` request of process 7. */
function request(term: number, nth: number, ...words: string[]): Forward {
  const encoder = new TextEncoder()
  const commands = words.map((word) => encoder.encode(JSON.stringify(word)))
  return { type: 'Forward', term, processId: 7, sequence: 7 + nth, commands }
}

function accepted({ term, sequence }: Forward, firstIndex: number): ForwardReply {
  return { type: 'ForwardReply', term, sequence, accepted: true, overloaded: false, firstIndex }
}
