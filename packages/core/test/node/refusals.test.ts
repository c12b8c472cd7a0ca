// Callers who try again at once, give up in thousands, or wait for ever must not hurt the node.
import { expect, test, vi } from 'vitest'
import { OwnSession } from '../../src/node/own-session.js'
import { systemScheduler } from '../../src/node/system-scheduler.js'
import { Solo } from './harness/solo.js'
import { codeOf, macrotask, watch } from './harness/world.js'

test('a refusal comes no sooner than an answer: who tries again at once starves nobody', async () => {
  const solo = await Solo.start({ pendingProposalsMax: 1, pendingReadsMax: 1 })
  void solo.node.propose('fills the queue').catch(() => undefined)
  void solo.node.read(() => 0).catch(() => undefined)
  const signal = AbortSignal.abort()
  const refused = [
    solo.node.propose('no room'),
    solo.node.read(() => 1),
    solo.node.propose('aborted', { signal }),
    solo.node.propose('no time', { timeoutMs: 0 }),
  ].map(watch)
  await macrotask()
  expect(refused.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending', 'pending'])
  await solo.world.calm()
  expect(refused.map(({ value }) => codeOf(value))).toEqual([
    'ERR_OVERLOADED',
    'ERR_OVERLOADED',
    'ERR_ABORTED',
    'ERR_INVALID_OPTION',
  ])
  await solo.node.stop({ transfer: false })
})

test('a timer of weeks is a timer of weeks', () => {
  const asked: number[] = []
  const { setTimeout: original } = globalThis
  globalThis.setTimeout = ((_callback: () => void, ms: number) =>
    asked.push(ms)) as unknown as typeof setTimeout
  try {
    systemScheduler().wakeAt(performance.now() + 60 * 24 * 3_600_000, () => undefined)
  } finally {
    globalThis.setTimeout = original
  }
  expect(asked).toHaveLength(1)
  // A host fires anything longer at once.
  expect(asked[0]).toBeLessThan(2 ** 31)
})

test('a signal that thousands of requests share is listened to once, and not for longer than they wait', async () => {
  const solo = await Solo.start()
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  const proposals = Array.from({ length: 1_000 }, () => watch(solo.node.propose('word', { signal })))
  const read = watch(solo.node.read(({ words }) => words.length, { signal, consistency: 'local' }))
  expect(added).toHaveBeenCalledTimes(1)
  await solo.world.calm()
  expect(read.state).toBe('fulfilled')
  expect(removed).toHaveBeenCalledTimes(0)
  await solo.node.stop({ transfer: false })
  await solo.world.calm()
  expect(proposals.every(({ state }) => state === 'rejected')).toBe(true)
  expect(removed).toHaveBeenCalledTimes(1)
})

test.each(['waiting', 'appended'])(
  'one signal gives up thousands of %s requests, without looking for each',
  async (stage) => {
    const solo = await Solo.start()
    if (stage === 'appended') {
      await solo.lead()
      await solo.openSession()
    }
    const controller = new AbortController()
    const { signal } = controller
    const proposals = Array.from({ length: 10_000 }, () => watch(solo.node.propose('word', { signal })))
    await solo.world.calm()
    const everyone = vi.spyOn(OwnSession.prototype, 'forEach')
    controller.abort()
    expect(everyone).not.toHaveBeenCalled()
    everyone.mockRestore()
    await solo.world.calm()
    const code = stage === 'waiting' ? 'ERR_ABORTED' : 'ERR_OUTCOME_UNKNOWN'
    expect(new Set(proposals.map(({ value }) => codeOf(value)))).toEqual(new Set([code]))
    expect(solo.node.status().pendingProposals).toBe(0)
    await solo.node.stop({ transfer: false })
  },
)

test('requests given up one by one leave the others in their order', async () => {
  const solo = await Solo.start()
  const controllers = Array.from({ length: 100 }, () => new AbortController())
  const given = controllers.map(({ signal }, i) => watch(solo.node.propose(`w${i}`, { signal })))
  for (const [i, controller] of controllers.entries()) if (i % 10 !== 0) controller.abort()
  expect(solo.node.status().pendingProposals).toBe(10)
  await solo.lead()
  await solo.acknowledge()
  expect(solo.words).toEqual(['w0', 'w10', 'w20', 'w30', 'w40', 'w50', 'w60', 'w70', 'w80', 'w90'])
  expect(given.filter(({ state }) => state === 'fulfilled')).toHaveLength(10)
  await solo.node.stop({ transfer: false })
})

test('a leader without a quorum does not pile up questions that nobody answers', async () => {
  // It steps down before long (thesis §6.2); until then it must not pile them up either.
  const solo = await Solo.start({ electionTimeoutMsMax: 30_000 })
  await solo.lead()
  let queued = 0
  solo.node.on('ReadQueued', () => void queued++)
  for (let i = 0; i < 1_200; i++) {
    expect(await solo.world.failure(solo.node.read(() => 0, { timeoutMs: 1 }))).toBe('ERR_TIMEOUT')
  }
  expect(queued).toBe(1_000)
  // The quorum is back: it answers reads again.
  const read = solo.node.read(() => 'answered')
  await solo.world.calm()
  for (let i = 0; i < 3; i++) {
    const { round } = solo.take('AppendEntries', 'B').at(-1)!
    await solo.acknowledge(['B'], round)
  }
  expect(await solo.world.outcome(read)).toBe('answered')
  await solo.node.stop({ transfer: false })
})

test('more reads than a call has room for arguments are refused and asked again', async () => {
  const count = 150_000
  const solo = await Solo.start({ pendingReadsMax: count })
  await solo.follow('B', 1)
  const reads = Array.from({ length: count }, () => watch(solo.node.read(() => 0)))
  await solo.world.calm()
  const [question] = solo.take('ReadIndexRequest', 'B')
  const reply = { type: 'ReadIndexReply', term: 1, readId: question!.readId, readIndex: 0 } as const
  await solo.receive('B', { ...reply, confirmed: false })
  expect(solo.node.status()).toMatchObject({ stopped: false, pendingReads: count })
  await solo.node.stop({ transfer: false })
  await solo.world.calm()
  expect(reads.every(({ state }) => state === 'rejected')).toBe(true)
})
