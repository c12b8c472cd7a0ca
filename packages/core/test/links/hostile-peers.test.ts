// What a hostile or broken peer sends, and how its connection ends: with a reason, and with nobody else harmed.
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withLength } from '../../src/links/frame-reader.js'
import { encodeFrame, type Frame } from '../../src/wire/frame.js'
import {
  decodeHello,
  encodeHello,
  encodeHelloRefusal,
  type Hello,
  type HelloRefusal,
  type HelloReply,
} from '../../src/wire/hello.js'
import { concat, type MemoryConnection, MemoryNet, settle } from './memory-connections.js'
import { append, frame, helloOf, membersOf, Peer } from './peer.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

let net: MemoryNet
let a: Peer

/** Node a, whose members are a and b; b is played by the test. */
async function listening(options = {}): Promise<void> {
  net = new MemoryNet()
  a = new Peer(net, 'a', options)
  await a.transport.listen(a, membersOf('a', 'b'))
}

/** A connection to a, and what a answered on it. */
function intrude(as: string | null = 'b'): { wire: MemoryConnection; answer: () => Uint8Array } {
  const wire = net.intrude('a', as ?? undefined)
  const received: Uint8Array[] = []
  wire.start({ data: (bytes) => received.push(bytes), drain: () => {}, closed: () => {} })
  return { wire, answer: () => concat(received) }
}

const wireHello = (hello: Partial<Hello> = {}): Uint8Array => {
  const bytes = encodeHello({ ...helloOf('b', 'a'), ...hello })
  return concat(withLength([bytes], bytes.length))
}
const wireRefusal = (refusal: HelloRefusal): Uint8Array => {
  const bytes = encodeHelloRefusal(refusal)
  return concat(withLength([bytes], bytes.length))
}
const wireFrame = (sent: Frame): Uint8Array => {
  const { pieces, byteLength } = encodeFrame(sent)
  return concat(withLength(pieces, byteLength))
}
const reply = (bytes: Uint8Array): HelloReply => decodeHello(bytes.subarray(4))

test.each<[string, Partial<Hello>, string]>([
  ['of another cluster', { clusterId: 'other' }, 'wrong-cluster'],
  ['meant for another node', { to: 'c' }, 'wrong-target'],
  ['of an unknown protocol', { protocolMin: 9, protocolMax: 9 }, 'wrong-version'],
  ['in the name of another member', { from: 'a' }, 'wrong-sender'],
])('a hello %s is answered by the reason and the connection closed', async (_, hello, refusal) => {
  await listening()
  const { wire, answer } = intrude()
  wire.write([wireHello(hello)])
  await settle()
  expect(reply(answer())).toEqual({ refusal })
  expect(wire.open).toBe(false)
  expect(a.reasons.at(-1)).toMatch(refusal)
})

test('who is authenticated but no member is refused; so is who only claims a foreign name', async () => {
  await listening()
  for (const as of ['stranger', null]) {
    const { wire, answer } = intrude(as)
    wire.write([wireHello({ from: 'stranger' })])
    await settle()
    expect(reply(answer())).toEqual({ refusal: 'unknown-member' })
  }
})

test('what follows a refused hello is not read', async () => {
  await listening()
  const { wire } = intrude()
  wire.write([wireHello({ clusterId: 'other' }), wireFrame(frame(1)), wireHello()])
  wire.write([wireFrame(frame(2))])
  await settle()
  expect(a.frames).toEqual([])
})

test('a conversation of another cluster, replayed, is not listened to: where it was, every frame was heard', async () => {
  await listening()
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(1_000)
  b.transport.send('a', frame(1))
  b.transport.send('a', append(2, 100))
  await settle()
  expect(a.frames).toHaveLength(2)
  const said = net.dialled.filter(({ peer }) => peer === 'a').flatMap(({ batches }) => batches.flat())
  expect(concat(said).length).toBeGreaterThan(150)

  await listening({ clusterId: 'other' })
  const { wire, answer } = intrude()
  wire.write(said)
  await settle()
  expect(reply(answer())).toEqual({ refusal: 'wrong-cluster' })
  expect(wire.open).toBe(false)
  expect(a.frames).toEqual([])
})

test('a refused peer that does not close its end is cut off', async () => {
  await listening()
  const { wire } = intrude()
  wire.other.end = () => {}
  wire.write([wireHello({ to: 'c' })])
  await vi.advanceTimersByTimeAsync(3_010)
  expect(wire.open).toBe(false)
})

test.each<[string, Uint8Array, RegExp]>([
  ['no magic', concat(withLength([new Uint8Array(20)], 20)), /wrong magic/],
  ['HTTP', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'), /bytes announced, at most 2048/],
  ['a hello of 4 GiB', new Uint8Array([255, 255, 255, 255]), /4294967295 bytes announced/],
  ['an empty hello', new Uint8Array(4), /truncated/],
  ['a refusal', wireRefusal('wrong-cluster'), /a refusal where a hello belongs/],
])('instead of a hello: %s', async (_, bytes, reason) => {
  await listening()
  const { wire, answer } = intrude()
  wire.write([bytes])
  await settle()
  expect(a.reasons.at(-1)).toMatch(reason)
  expect(answer()).toHaveLength(0)
  expect(wire.open).toBe(false)
})

test('a hello that never comes, or comes a byte at a time, ends at the deadline', async () => {
  await listening()
  const [mute, slow] = [intrude().wire, intrude().wire]
  const hello = wireHello()
  for (let i = 0; i < hello.length - 1 && slow.open; i++) {
    slow.write([hello.subarray(i, i + 1)])
    await vi.advanceTimersByTimeAsync(500)
  }
  expect([mute.open, slow.open]).toEqual([false, false])
  expect(a.reasons.filter((reason) => reason === 'no hello in time')).toHaveLength(2)
})

test('hello and frames a byte at a time are understood', async () => {
  await listening()
  const { wire } = intrude()
  for (const byte of concat([wireHello(), wireFrame(frame(1)), wireFrame(append(2, 100))])) {
    wire.write([new Uint8Array([byte])])
  }
  await settle()
  expect(a.told()).toEqual(['b: RequestVote 1', 'b: AppendEntries 2'])
})

test('a frame of 4 GiB, a frame that does not decode, a frame that stops half-way: the connection ends', async () => {
  await listening()
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array([255, 255, 255, 255]), /4294967295 bytes announced/],
    [wireFrame(frame(1)).fill(9, 4), /frame version 9/],
    [concat(withLength([new Uint8Array([1, 0, 0])], 3)), /truncated/],
    [wireFrame(append(1, 100)).fill(7, 100, 101), /checksum/],
    [wireFrame(frame(1)).subarray(0, 12), /took too long/],
  ]
  for (const [bytes, reason] of cases) {
    const { wire } = intrude()
    wire.write([wireHello(), bytes])
    await vi.advanceTimersByTimeAsync(20_000)
    expect(wire.open).toBe(false)
    expect(a.reasons.findLast((text) => !text.startsWith('cannot connect'))).toMatch(reason)
  }
  expect(a.frames).toEqual([])
})

test('random bytes after the hello never throw and never become a frame', async () => {
  await listening()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 4, maxLength: 200 }), async (bytes) => {
      const { wire } = intrude()
      wire.write([wireHello(), bytes])
      await settle()
      wire.abort('done')
      await settle()
      expect(a.frames).toEqual([])
    }),
  )
})

test('thousands of silent connections stay bounded, and a member still gets in', async () => {
  await listening({ pendingInboundMax: 16 })
  const crowd = Array.from({ length: 3_000 }, () => intrude(null).wire)
  const { wire } = intrude()
  wire.write([wireHello(), wireFrame(frame(1))])
  await settle()
  expect(crowd.filter(({ open }) => open).length).toBeLessThanOrEqual(16)
  expect(a.told()).toEqual(['b: RequestVote 1'])
  expect(a.reasons).toContain('too many connections without a hello')
})

test('thousands of greeted connections of one member leave one, the newest', async () => {
  await listening()
  const all = Array.from({ length: 3_000 }, () => intrude().wire)
  for (const wire of all) wire.write([wireHello()])
  await settle()
  expect(all.slice(-64).filter(({ open }) => open)).toEqual([all.at(-1)])
  expect(all.filter(({ open }) => open)).toHaveLength(1)
})

test('a newer connection of the same peer replaces the older, and each frame arrives once', async () => {
  await listening()
  const [older, newer] = [intrude().wire, intrude().wire]
  older.write([wireHello(), wireFrame(frame(1))])
  await settle()
  newer.write([wireHello(), wireFrame(frame(2))])
  older.write([wireFrame(frame(3))])
  await settle()
  expect([older.open, newer.open]).toEqual([false, true])
  expect(a.told()).toEqual(['b: RequestVote 1', 'b: RequestVote 2'])
})

test('a peer that asks for keep-alives and never reads gets one answer, not a queue of them', async () => {
  await listening()
  const { wire } = intrude()
  wire.write([wireHello()])
  await settle()
  wire.other.stalled = true
  const before = wire.other.batches.length
  for (let i = 0; i < 1_000; i++) wire.write([new Uint8Array(4)])
  await settle()
  expect(wire.other.batches.length - before).toBe(1)
})

test.each<[string, Uint8Array, RegExp]>([
  ['nothing', new Uint8Array(0), /no answer to our hello/],
  ['noise', concat(withLength([new Uint8Array(20)], 20)), /wrong magic/],
  ['a hello of 4 GiB', new Uint8Array([255, 255, 255, 255]), /4294967295/],
  ['a hello of somebody else', wireHello({ from: 'c' }), /we refuse the peer: wrong-sender/],
  ['a hello of another cluster', wireHello({ clusterId: 'x' }), /we refuse the peer: wrong-cluster/],
  [
    'a hello, then a frame where only keep-alives belong',
    concat([wireHello(), wireFrame(frame(1))]),
    /at most 0/,
  ],
])('whom we dial answers %s: the link ends and is dialled again', async (_, bytes, reason) => {
  await listening()
  net.listeners.set('b', {
    id: 'b',
    accept: (connection) =>
      connection.start({ data: () => connection.write([bytes]), drain: () => {}, closed: () => {} }),
  })
  await vi.advanceTimersByTimeAsync(10_000)
  const reasons = [...a.reasons, ...a.log]
  expect(reasons.filter((text) => reason.test(text)).length).toBeGreaterThan(1)
  expect(a.frames).toEqual([])
  expect(net.dialled.filter(({ open }) => open).length).toBeLessThanOrEqual(1)
})

test('whom we dial does not want us: the node is told why, each time', async () => {
  await listening()
  const b = new Peer(net, 'b', { clusterId: 'other' })
  await b.transport.listen(b, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(a.log.length).toBeGreaterThan(1)
  expect(new Set(a.log)).toEqual(new Set(['refused by b: wrong-cluster']))
  expect(new Set(b.log)).toEqual(new Set(['refused by a: wrong-cluster']))
})

test('whoever sits at the address of b without being b is not spoken to', async () => {
  await listening()
  const accepted: MemoryConnection[] = []
  net.listeners.set('b', {
    id: 'mallory',
    accept: (connection) => accepted.push(connection as MemoryConnection),
  })
  await vi.advanceTimersByTimeAsync(1_000)
  expect(a.reasons.at(-1)).toBe('memory:acceptor is mallory')
  expect(accepted.length).toBeGreaterThan(1)
  expect(accepted.flatMap(({ other }) => other.batches)).toEqual([])
})
