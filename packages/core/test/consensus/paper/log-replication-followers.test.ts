// Raft §5.3: log replication, how the leader brings each follower's log into agreement with its own.
import { describe, expect, test } from 'vitest'
import type { AppendEntries } from '../../../src/consensus/index.js'
import { Cluster } from '../../harness/cluster.js'
import { log } from '../../harness/entry.js'
import { ENTRY_BYTES, OPTIONS } from '../../harness/options.js'
import { refusal, Solo, success } from '../../harness/solo.js'

const sentTo = (a: Solo, to: string): AppendEntries[] =>
  a.sent.filter((sent) => sent.to === to).map(({ message }) => message as AppendEntries)

/** How many entries a message carries. */
const carried = ({ entries }: AppendEntries): number =>
  entries.reduce((sum, { firstIndex, lastIndex }) => sum + lastIndex - firstIndex + 1, 0)

describe('finding the place', () => {
  test('"When a leader first comes to power, it initializes all nextIndex values to the index just after the last one in its log"', () => {
    const a = new Solo({ log: [1, 1, 1] }).lead()
    expect(a.follower('B')).toMatchObject({ nextIndex: 4, matchIndex: 0, state: 'probe' })
  })

  test('"After a rejection, the leader decrements nextIndex and retries the AppendEntries RPC"', () => {
    const a = new Solo({ log: [1, 1, 1] }).lead()
    expect(a.receive('B', refusal(2, 3, 1, 1))).toMatchObject([
      { type: 'AppendEntries', prevLogIndex: 1, prevLogTerm: 1 },
    ])
  })

  test('each refusal moves nextIndex back, whatever the hint says', () => {
    const a = new Solo({ log: [1, 1, 1] }).lead()
    const places = []
    for (let next = a.follower('B').nextIndex; next > 1; next = a.follower('B').nextIndex) {
      places.push(next)
      a.receive('B', refusal(2, next - 1, 99, 99))
    }
    expect(places).toEqual([4, 3, 2])
  })

  test('refusals that are old, repeated or not about the last message move nothing', () => {
    const a = new Solo({ log: [1, 1, 1, 1, 1] }).lead()
    a.receive('B', refusal(2, 5, 3, 1))
    const place = { ...a.follower('B') }
    a.receive('B', refusal(2, 5, 0, 0))
    a.receive('B', refusal(2, 4, 0, 0))
    expect(a.follower('B')).toEqual(place)
    a.acknowledge('B', 4)
    a.receive('B', refusal(2, 3, 0, 0))
    expect(a.follower('B')).toMatchObject({ state: 'replicate', matchIndex: 4 })
  })

  test('"one AppendEntries RPC will be required for each term with conflicting entries, rather than one RPC per entry"', () => {
    // 100 entries of three terms that never were committed, against 100 of other terms.
    const mine = [...Array(10).fill(1), ...Array(90).fill(8)]
    const theirs = [...Array(10).fill(1), ...Array(30).fill(2), ...Array(30).fill(4), ...Array(30).fill(6)]
    const a = new Solo({ log: mine }).lead()
    const b = new Solo({ log: theirs })
    let trips = 0
    a.elapse()
    for (let probe = sentTo(a, 'B')[0]!; a.follower('B').state === 'probe'; probe = sentTo(a, 'B')[0]!) {
      a.sent = []
      trips++
      b.server.receive({
        from: 'L',
        to: 'A',
        message: { ...probe, entries: [] },
        entries: [],
        incarnation: 0,
      })
      b.server.completeWrites()
      a.receive('B', b.sent.pop()!.message)
      if (a.follower('B').state === 'probe' && sentTo(a, 'B').length === 0) a.elapse()
    }
    expect(trips).toBeLessThanOrEqual(5)
    expect(a.follower('B').matchIndex).toBe(10)
  })

  test('while probing only one message with entries is under way', () => {
    const a = new Solo({ log: [1, 1, 1] }).lead()
    a.server.propose('x')
    a.server.propose('y')
    expect(a.follower('B').inFlight.length).toBe(1)
    expect(sentTo(a, 'B').filter((message) => carried(message) > 0)).toEqual([])
  })
})

describe('"If followers crash or run slowly, or if network packets are lost, the leader retries AppendEntries RPCs indefinitely"', () => {
  test('a lost append at the end shows at the next heartbeat', () => {
    const cluster = new Cluster({ size: 3 })
    const leader = cluster.elect('A')
    cluster.run(200)
    cluster.propose('A', 'x')
    cluster.pool = []
    cluster.run(2 * OPTIONS.heartbeatMs)
    expect(leader.state.commitIndex).toBe(2)
    expect(cluster.logs).toEqual({ A: ['noop1', 'x'], B: ['noop1', 'x'], C: ['noop1', 'x'] })
  })

  test('a full window whose messages were all lost empties again', () => {
    const cluster = new Cluster({ size: 3 })
    cluster.elect('A')
    cluster.run(200)
    for (let i = 0; i < 40; i++) cluster.propose('A', `c${i}`)
    cluster.pool = []
    cluster.run(3 * OPTIONS.heartbeatMs)
    expect(cluster.server('A').state.commitIndex).toBe(41)
  })

  test('a probe that is lost is repeated', () => {
    const cluster = new Cluster({ size: 3 })
    cluster.campaign('A')
    cluster.settle()
    cluster.server('B').crash()
    cluster.propose('A', 'x')
    cluster.settle()
    cluster.start('B')
    cluster.run(2 * OPTIONS.heartbeatMs)
    expect(cluster.log('B')).toEqual(['noop1', 'x'])
  })

  test("a lost answer costs nothing: the next heartbeat's says the same", () => {
    const a = new Solo().lead()
    a.acknowledge('B', 1)
    a.server.propose('x')
    a.take()
    a.elapse()
    expect(sentTo(a, 'B')).toMatchObject([{ prevLogIndex: 2 }])
    a.acknowledge('B', 2)
    expect(a.follower('B')).toMatchObject({ matchIndex: 2, nextIndex: 3, inFlight: [], inFlightBytes: 0 })
  })
})

describe('pipelining', () => {
  const filled = (): Solo => {
    const a = new Solo().lead()
    a.acknowledge('B', 1)
    a.take()
    return a
  }

  test('the next message leaves before the last one is answered', () => {
    const a = filled()
    a.server.propose('x')
    a.server.propose('y')
    expect(sentTo(a, 'B').map(({ prevLogIndex }) => prevLogIndex)).toEqual([1, 2])
  })

  test('the window is bounded in messages', () => {
    const a = filled()
    for (let i = 0; i < 10; i++) a.server.propose(`c${i}`)
    expect(sentTo(a, 'B').length).toBe(OPTIONS.inFlightMessagesMax)
    expect(a.follower('B').inFlight.length).toBe(OPTIONS.inFlightMessagesMax)
  })

  test('the window is bounded in bytes, and so is each message', () => {
    const a = filled()
    a.server.propose(...Array.from({ length: 50 }, (_, i) => `c${i}`))
    expect(sentTo(a, 'B').map(carried)).toEqual([8, 8, 4])
    expect(a.follower('B').inFlightBytes).toBe(OPTIONS.inFlightBytesMax)
  })

  test('an answer makes room for exactly what it acknowledges', () => {
    const a = filled()
    a.server.propose(...Array.from({ length: 50 }, (_, i) => `c${i}`))
    a.take()
    const answered = a.acknowledge('B', 9) as AppendEntries[]
    const entries = answered.filter((message) => carried(message) > 0)
    expect(entries.map(carried)).toEqual([8])
    expect(a.follower('B')).toMatchObject({ matchIndex: 9, nextIndex: 30, inFlightBytes: 20 * ENTRY_BYTES })
  })

  test('one refusal of a pipelined message returns to one probe; the refusals behind it add none', () => {
    const a = filled()
    for (let i = 0; i < 4; i++) a.server.propose(`c${i}`)
    a.take()
    for (const rejected of [2, 3, 4]) a.receive('B', refusal(1, rejected, 1, 1))
    expect(a.follower('B')).toMatchObject({ state: 'probe', nextIndex: 2, matchIndex: 1 })
    expect(a.follower('B').inFlight.length).toBe(1)
  })

  test('one black-holed follower does not delay the others', () => {
    const a = filled()
    for (let i = 0; i < 20; i++) {
      a.server.propose(`c${i}`)
      expect(sentTo(a, 'B').filter((message) => carried(message) > 0)).toMatchObject([
        { prevLogIndex: i + 1 },
      ])
      a.persist()
      a.acknowledge('B', i + 2)
    }
    expect(a.state.commitIndex).toBe(21)
    expect(a.follower('C')).toMatchObject({ state: 'probe', matchIndex: 0 })
  })

  test('an offer that arrives when it is no longer wanted sends nothing', () => {
    const a = filled()
    a.server.propose('x')
    a.acknowledge('B', 2)
    a.take()
    a.server.step({
      type: 'OfferEntries',
      to: 'B',
      entries: [{ firstIndex: 2, lastIndex: 2, term: 1 }],
      bytes: 100,
    })
    a.receive('C', success(3, 0))
    a.take()
    a.server.step({
      type: 'OfferEntries',
      to: 'B',
      entries: [{ firstIndex: 2, lastIndex: 2, term: 1 }],
      bytes: 100,
    })
    expect(a.sent).toEqual([])
  })
})

test('"In Raft, the leader handles inconsistencies by forcing the followers\' logs to duplicate its own": the logs of Figure 7 become the leader\'s', () => {
  const figure7 = {
    A: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
    B: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    C: [1, 1, 1, 4],
    D: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    E: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    F: [1, 1, 1, 4, 4, 4, 4],
    G: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  }
  const cluster = new Cluster({ size: 7 })
  const shared = new Map<string, ReturnType<typeof log>[number]>()
  for (const [id, terms] of Object.entries(figure7)) {
    const { disk } = cluster.server(id)
    disk.entries = log(...terms).map((entry) => {
      const key = `${entry.index} ${entry.term}`
      if (!shared.has(key)) shared.set(key, entry)
      return shared.get(key)!
    })
    disk.hardState = { currentTerm: 7, votedFor: undefined }
    cluster.server(id).crash()
    cluster.start(id)
  }
  // D and E have longer logs and refuse; B, C, F and G make a majority with A.
  cluster.elect('A')
  cluster.run(3 * OPTIONS.heartbeatMs)
  for (const terms of Object.values(cluster.terms)) expect(terms).toEqual([...figure7.A, 8])
})
