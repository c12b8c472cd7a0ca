// Proposals on a follower go to the leader: applied once, and never called "not applied" when they may be.
import { expect, test } from 'vitest'
import { ForwardGuard } from '../../src/node/forward-guard.js'
import { EntryKind } from '../../src/wire/entry-block.js'
import type { Forward } from '../../src/wire/messages.js'
import { Cluster } from './harness/cluster.js'
import { accepted, append, block, blockOf, refused, Solo } from './harness/solo.js'
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

test('a process that has restarted refuses nothing of a term it may have led: it has forgotten what it took', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const forward = request(term, 1, 'taken')
  await solo.receive('B', forward)
  await solo.node.stop({ transfer: false })
  await solo.start()
  await solo.receive('B', forward)
  const vote = {
    type: 'RequestVote',
    term: term + 1,
    lastLogIndex: 9,
    lastLogTerm: term,
    transfer: true,
  } as const
  await solo.receive('C', vote)
  await solo.receive('B', forward, request(term, 2, 'of the same term'))
  expect(solo.take('ForwardReply', 'B')).toEqual([])
  // Of the terms since then it knows everything.
  await solo.receive('C', { ...vote, term: term + 2 })
  await solo.receive('B', request(term + 1, 3, 'too late'))
  expect(solo.take('ForwardReply', 'B')).toMatchObject([{ sequence: 10, accepted: false }])
  await solo.node.stop({ transfer: false })
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
  const [opening] = solo.take('Forward', 'B')
  await solo.receive('B', refused(first!), refused(first!, { overloaded: true }))
  expect(second.state).toBe('pending')
  // It was not sent back for a refusal that was not its own.
  await solo.world.pass(100)
  expect(solo.take('Forward', 'B')).toEqual([])
  await solo.leaderTakes('B', opening!)
  await solo.leaderTakes('B', solo.take('Forward', 'B')[0]!)
  expect(second).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a refusal by another storage under the id of the leader is not believed: that one knows of nothing', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const asked = watch(solo.node.propose('taken by the first storage'))
  await solo.world.calm()
  const [opening] = solo.take('Forward', 'B')
  const incarnation = 'b'.repeat(16)
  const refuse = async (): Promise<void> => {
    solo.host.receive('B', { group: 0, incarnation, messages: [refused(opening!)] })
    await solo.world.pass(100)
    expect(solo.take('Forward', 'B')).toEqual([])
  }
  await refuse()
  // A later configuration names it, it says: it may lead this node, and its answers do not count.
  const hello = {
    ...solo.host.hello('B'),
    from: 'B',
    to: 'A',
    address: 'B',
    incarnation,
    memberAt: { lastTerm: 1, index: 9 },
  }
  expect(solo.host.admit(hello)).toBeUndefined()
  await refuse()
  await solo.leaderTakes('B', opening!)
  await solo.leaderTakes('B', solo.take('Forward', 'B')[0]!)
  expect(asked).toEqual({ state: 'fulfilled', value: 1 })
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

test('requests on their way to a leader that dies go to the next one, and are applied once (etcd#18424)', async () => {
  const cluster = await Cluster.start({ size: 5 })
  const [leader, follower, ...others] = await cluster.elected()
  await cluster.world.outcome(follower!.propose('before'))
  // Its answers no longer leave; what it takes reaches two of five, who have to lead after it.
  const isAnswer = (type: string): boolean => type === 'ForwardReply'
  cluster.network.judge = ({ from, to, frame }) => {
    if (from !== leader.id) return 'pass'
    if (to === follower!.id) return frame.messages.some(({ type }) => isAnswer(type)) ? 'drop' : 'pass'
    return to === others[0]!.id ? 'pass' : 'drop'
  }
  const sent = watch(follower!.propose('on its way'))
  const taken = (id: string): boolean => cluster.disk(id).log.some((line) => line.includes('on its way'))
  await cluster.world.until('they have it', () => taken(follower!.id) && taken(others[0]!.id))
  expect(sent.state).toBe('pending')
  await cluster.kill(leader.id)
  const later = watch(follower!.propose('after'))
  await cluster.world.until('both are answered', () => sent.state !== 'pending' && later.state !== 'pending')
  expect([sent.state, later.state]).toEqual(['fulfilled', 'fulfilled'])
  await cluster.agreed()
  for (const { id } of others)
    expect([...cluster.words(id)].sort()).toEqual(['after', 'before', 'on its way'])
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
  await solo.openSession('B')
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', refused(forward!, { term: 2 }))
  // Not again to the same one at once.
  expect(solo.take('Forward')).toEqual([])
  await solo.receive('C', append(2, 1, 1, []))
  const [again] = solo.take('Forward', 'C')
  const { commands, sessionId, firstSequence } = forward!
  expect(again).toMatchObject({ commands, sessionId, firstSequence, term: 2 })
  await solo.leaderTakes('C', again!)
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a refusal by a leader that is overloaded is the caller’s to hear', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', refused(forward!, { overloaded: true }))
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

test('an answer that comes after its entry was applied, or never, is not missed', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  const session = await solo.openSession('B')
  const given = watch(solo.node.proposeWithReceipt('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', append(1, 1, 1, [blockOf(forward!, 2, 1)], { leaderCommit: 2 }))
  expect(given).toEqual({ state: 'fulfilled', value: { result: 1, index: 2, term: 1 } })
  await solo.receive('B', accepted(forward!, 2))
  expect(solo.node.status().pendingProposals).toBe(0)
  // What was answered is acknowledged with the next command.
  void solo.node.propose('next').catch(() => undefined)
  await solo.world.calm()
  const place = { sessionId: session, firstSequence: 2, acknowledgedBelow: 2 }
  expect(solo.take('Forward', 'B')).toMatchObject([place])
  await solo.node.stop({ transfer: false })
})

test('answers that are repeated, late or about nothing change nothing', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', refused({ ...forward!, sequence: forward!.sequence + 1 }))
  await solo.receive('B', accepted(forward!, 2), accepted(forward!, 3))
  await solo.receive('B', refused(forward!), refused(forward!, { overloaded: true }))
  await solo.world.pass(100)
  expect(solo.take('Forward')).toEqual([])
  await solo.receive('B', append(1, 1, 1, [blockOf(forward!, 2, 1)], { leaderCommit: 2 }))
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  expect(solo.node.status().pendingProposals).toBe(0)
  await solo.node.stop({ transfer: false })
})

test('when a leader of a later term stands, what the earlier one left unanswered goes to it at once', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  const began = solo.world.now
  // B took it, and C was elected with it: it is in C's log already when it comes to C again.
  await solo.receive('C', append(2, 1, 1, [blockOf(forward!, 2, 1)]))
  expect(solo.world.now).toBe(began)
  const [again] = solo.take('Forward', 'C')
  expect(again?.firstSequence).toBe(forward!.firstSequence)
  await solo.leaderTakes('C', again!)
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  // "it responds immediately without re-executing the request" (thesis §6.3).
  expect(solo.words).toEqual(['word'])
  expect(solo.disk.log.filter((line) => line.includes('word'))).toHaveLength(2)
  await solo.node.stop({ transfer: false })
})

test('another command of another term at the same index is not the answer', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('mine'))
  await solo.world.calm()
  const [forward] = solo.take('Forward', 'B')
  await solo.receive('B', accepted(forward!, 2))
  // It stands in B's log as far as A knows: it is not sent again before that is over.
  await solo.receive('C', append(2, 1, 1, [block(2, 2, 'another')]))
  expect(solo.take('Forward', 'C')).toEqual([])
  await solo.receive('C', append(2, 2, 2, [], { leaderCommit: 2 }))
  expect(solo.words).toEqual(['another'])
  expect(given.state).toBe('pending')
  // It certainly was not applied, and is proposed again.
  const [again] = solo.take('Forward', 'C')
  expect(again?.commands).toEqual(forward!.commands)
  await solo.node.stop({ transfer: false })
})

test('a Forward that is lost is sent again, later and later, until it is answered', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word', { timeoutMs: 60_000 }))
  const sentAt: number[] = []
  let last: Forward | undefined
  while (sentAt.length < 4) {
    for (const forward of solo.take('Forward', 'B')) {
      sentAt.push(solo.world.now)
      expect(forward.sequence).not.toBe(last?.sequence)
      expect(forward.firstSequence).toBe(last?.firstSequence ?? forward.firstSequence)
      last = forward
    }
    // B is well, and says so.
    await solo.receive('B', append(1, 1, 1, [], { leaderCommit: 1 }))
    await solo.world.pass(10)
  }
  const waits = sentAt.slice(1).map((at, i) => at - sentAt[i]!)
  // Two maximal election timeouts at first.
  for (const [i, wait] of waits.entries()) expect(Math.abs(wait - 600 * 2 ** i)).toBeLessThan(30)
  await solo.leaderTakes('B', last!)
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a connection that was made anew may have lost the request: it is sent again at once', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word'))
  await solo.world.calm()
  expect(solo.take('Forward', 'B')).toHaveLength(1)
  const began = solo.world.now
  solo.host.linkDown('B', 'reset')
  solo.host.linkUp('B')
  await solo.world.calm()
  const [again] = solo.take('Forward', 'B')
  expect(solo.world.now).toBe(began)
  await solo.leaderTakes('B', again!)
  expect(given).toEqual({ state: 'fulfilled', value: 1 })
  await solo.node.stop({ transfer: false })
})

test('a refused repetition makes nothing certain: the first may have arrived', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word', { timeoutMs: 1_000 }))
  await solo.world.calm()
  solo.take('Forward', 'B')
  solo.host.linkUp('B')
  await solo.world.calm()
  const [again] = solo.take('Forward', 'B')
  // Overloaded: that would be the caller's to hear if it were all that is known.
  await solo.receive('B', refused(again!, { overloaded: true }))
  expect(given.state).toBe('pending')
  await solo.world.until('given up', () => given.state !== 'pending')
  expect(codeOf(given.value)).toBe('ERR_OUTCOME_UNKNOWN')
  await solo.node.stop({ transfer: false })
})

test('what was under way is certain again when an entry of a later term is applied without it', async () => {
  const solo = await Solo.start()
  await solo.follow('B', 1)
  await solo.openSession('B')
  const given = watch(solo.node.propose('word', { timeoutMs: 1_000 }))
  await solo.world.calm()
  expect(solo.take('Forward', 'B')).toHaveLength(1)
  solo.host.linkDown('C', 'cut')
  await solo.receive('C', append(2, 1, 1, [block(2, 2, 'another')], { leaderCommit: 2 }))
  expect(solo.take('Forward')).toEqual([])
  await solo.world.until('given up', () => given.state !== 'pending')
  expect(codeOf(given.value)).toBe('ERR_TIMEOUT')
  await solo.node.stop({ transfer: false })
})

test('a guard forgets gaps, never what it has seen', () => {
  const guard = new ForwardGuard(0)
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
  const place = { sessionId: 99, firstSequence: nth, acknowledgedBelow: 0 }
  return {
    type: 'Forward',
    term,
    processId: 7,
    sequence: 7 + nth,
    kind: EntryKind.Command,
    ...place,
    commands,
  }
}
