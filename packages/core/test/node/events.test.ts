// What a node tells of itself.
import { expect, expectTypeOf, test } from 'vitest'
import { EventStream } from '../../src/node/event-stream.js'
import type { NodeEvent } from '../../src/node/types.js'
import { Solo } from './harness/solo.js'
import { macrotask, watch } from './harness/world.js'

const BUFFERED = 10_000

function stream(): EventStream {
  return new EventStream('A', () => 7)
}

function applied(events: EventStream, from: number, to: number): void {
  for (let lastApplied = from; lastApplied <= to; lastApplied++) events.emit({ type: 'Applied', lastApplied })
}

/** How many events from `next` on, as long as they are there. */
async function take(iterator: AsyncGenerator<NodeEvent>, count: number): Promise<NodeEvent[]> {
  const taken: NodeEvent[] = []
  while (taken.length < count) {
    const next = await iterator.next()
    if (next.done) break
    taken.push(next.value)
  }
  return taken
}

test('events are told from the call on, in order, whenever they are read', async () => {
  const events = stream()
  applied(events, 1, 2)
  const iterator = events.iterate()
  applied(events, 3, 4)
  const first = await take(iterator, 1)
  applied(events, 5, 5)
  expect([...first, ...(await take(iterator, 2))]).toEqual([
    { type: 'Applied', lastApplied: 3, node: 'A', sequence: 3, now: 7 },
    { type: 'Applied', lastApplied: 4, node: 'A', sequence: 4, now: 7 },
    { type: 'Applied', lastApplied: 5, node: 'A', sequence: 5, now: 7 },
  ])
})

test('a slow listener is told how many events are missing before the next one', async () => {
  const events = stream()
  const iterator = events.iterate()
  applied(events, 1, BUFFERED + 5)
  const [first] = await take(iterator, 1)
  expect(first).toMatchObject({ sequence: 1 })
  // While the first ten thousand are being read, as many again arrive, and three too many.
  applied(events, BUFFERED + 6, BUFFERED * 2 + 8)
  const rest = await take(iterator, BUFFERED * 2 + 1)
  const gaps = rest.filter(({ type }) => type === 'EventsDropped')
  expect(gaps).toMatchObject([{ count: 5 }, { count: 3 }])
  let expected = 1
  for (const event of rest) {
    expected += event.type === 'EventsDropped' ? event.count : 1
    expect(event.sequence).toBe(expected)
  }
})

test.each(['at once', 'before anything is read', 'while an event is awaited'])(
  'a signal that fires %s ends it',
  async (when) => {
    const events = stream()
    const controller = new AbortController()
    if (when === 'at once') controller.abort()
    const iterator = events.iterate(controller.signal)
    if (when === 'before anything is read') controller.abort()
    const next = watch(iterator.next())
    if (when === 'while an event is awaited') {
      await macrotask()
      expect(next.state).toBe('pending')
      controller.abort()
    }
    await macrotask()
    expect(next).toEqual({ state: 'fulfilled', value: { done: true, value: undefined } })
    expect(events.listeners).toBe(0)
  },
)

test('whoever asks for events and never reads them can be let go', async () => {
  const events = stream()
  const aborted = new AbortController()
  events.iterate(aborted.signal)
  aborted.abort()
  expect(events.listeners).toBe(0)
  await events.iterate().return()
  expect(events.listeners).toBe(0)
})

test('return ends an iteration that waits', async () => {
  const events = stream()
  const iterator = events.iterate()
  const next = watch(iterator.next())
  const returned = watch(iterator.return())
  await macrotask()
  expect([next.state, returned.state]).toEqual(['fulfilled', 'fulfilled'])
  expect(events.listeners).toBe(0)
})

test('leaving the loop stops the listening', async () => {
  const events = stream()
  const iterator = events.iterate()
  applied(events, 1, 3)
  for await (const event of iterator) if (event.sequence === 2) break
  expect(events.listeners).toBe(0)
})

test('an iteration ends when the node stops, after its last event', async () => {
  const solo = await Solo.start()
  const types: string[] = []
  const reading = (async () => {
    for await (const { type } of solo.node.events()) types.push(type)
  })()
  await solo.lead()
  await solo.node.stop({ transfer: false })
  await reading
  expect(types.slice(0, 2)).toEqual(['BecamePreCandidate', 'ElectionTimeoutDrawn'])
  expect(types.at(-1)).toBe('Stopped')
  expect(types).toEqual(expect.arrayContaining(['BecameLeader', 'CommitAdvanced', 'Applied']))
  // There is nothing to tell any more.
  for await (const event of solo.node.events()) expect(event).toBeUndefined()
})

test('a listener to one type gets its events only, with their type, until it ends that', async () => {
  const solo = await Solo.start()
  const leaders: number[] = []
  const end = solo.node.on('BecameLeader', (event) => {
    expectTypeOf(event.firstIndex).toEqualTypeOf<number>()
    // @ts-expect-error: of another event
    void event.commitIndex
    leaders.push(event.term)
  })
  solo.node.on('Stopped', ({ error }) => expect(error).toBeUndefined())
  const term = await solo.lead()
  end()
  await solo.receive('C', {
    type: 'RequestVote',
    term: term + 1,
    lastLogIndex: 0,
    lastLogTerm: 0,
    transfer: false,
  })
  expect(await solo.lead()).toBeGreaterThan(term)
  expect(leaders).toEqual([term])
  await solo.node.stop({ transfer: false })
})

test('a listener that throws is reported like an uncaught exception and disturbs nobody', async () => {
  const events = stream()
  const heard: number[] = []
  const uncaught: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error))
  try {
    events.on('Applied', () => {
      throw new Error('a bug in a listener')
    })
    events.on('Applied', ({ lastApplied }) => heard.push(lastApplied))
    applied(events, 1, 1)
    await macrotask()
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  }
  expect(heard).toEqual([1])
  expect(uncaught).toMatchObject([{ message: 'a bug in a listener' }])
})
