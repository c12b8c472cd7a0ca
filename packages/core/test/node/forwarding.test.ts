// Proposals on a follower go to the leader: applied once, and never called "not applied" when they may be.
import { expect, test } from 'vitest'
import type { Forward, ForwardReply } from '../../src/wire/messages.js'
import { append, block, Solo } from './harness/solo.js'
import { watch } from './harness/world.js'

test('a copy of an accepted request that arrives in a later term is not answered with a refusal', async () => {
  const solo = await Solo.start()
  const term = await solo.lead()
  const forward = request(term, 1, 'once')
  await solo.receive('B', forward)
  expect(solo.take('ForwardReply', 'B')).toMatchObject([{ accepted: true, firstIndex: 2 }])
  // A new term begins: what stands at index 2 may still be committed by the next leader.
  await solo.receive('C', { type: 'RequestVote', term: term + 1, lastLogIndex: 9, lastLogTerm: term })
  await solo.receive('B', forward)
  expect(solo.take('ForwardReply', 'B')).toEqual([])
})

test('a copy from two terms ago is not answered either, a request that was never met is refused', async () => {
  const solo = await Solo.start()
  const first = await solo.lead()
  await solo.receive('B', request(first, 1, 'first'))
  const vote = { type: 'RequestVote', term: first + 1, lastLogIndex: 9, lastLogTerm: first } as const
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
  await solo.node.stop()
  await solo.start()
  await solo.follow('B', 1)
  const second = watch(solo.node.propose('of the second process'))
  await solo.world.calm()
  await solo.receive('B', accepted(first!, 1))
  await solo.receive('B', append(1, 0, 0, [block(1, 1, 'of the first process')], { leaderCommit: 1 }))
  expect(solo.words).toEqual(['of the first process'])
  expect(second.state).toBe('pending')
  await solo.node.stop()
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
