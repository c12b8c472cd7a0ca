// Knocks on the shared links: who need not be a member, one connection each, and nothing of them is left behind.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withLength } from '../../src/links/frame-reader.js'
import type { Knock } from '../../src/ports/transport.js'
import { encodeJoin } from '../../src/wire/join.js'
import { concat, type MemoryConnection, MemoryNet, settle } from './memory-connections.js'
import { frame, membersOf, Peer } from './peer.js'

const ASK = encodeJoin({
  type: 'ask',
  protocolMin: 1,
  protocolMax: 1,
  clusterId: 'cluster',
  from: 'x',
  nonce: new Uint8Array(32),
})

class Knockable extends Peer {
  readonly knocks: Knock[] = []

  knocked(knock: Knock): void {
    this.knocks.push(knock)
  }
}

let net: MemoryNet
let a: Knockable
const never = new AbortController().signal

beforeEach(async () => {
  vi.useFakeTimers()
  net = new MemoryNet()
  a = new Knockable(net, 'a')
  await a.transport.listen(a, membersOf('a', 'b'))
})
afterEach(() => {
  vi.useRealTimers()
})

const framed = (...messages: Uint8Array[]): Uint8Array =>
  concat(messages.flatMap((message) => withLength([message], message.length)))

/** x, which is no member and does not listen, knocks at a; it has asked. */
async function knock(authenticated = true): Promise<{ mine: Knock; theirs: Knock; x: Peer }> {
  const x = new Peer(net, 'x', { authenticated })
  const knocking = x.transport.knock!('x', 'a', never)
  await settle()
  const mine = await knocking
  mine.send(ASK)
  await settle()
  return { mine, theirs: a.knocks.at(-1)!, x }
}

/** A connection to a by nobody's transport. */
function intrude(): MemoryConnection {
  const wire = net.intrude('a', 'x')
  wire.start({ data: () => {}, drain: () => {}, closed: () => {} })
  return wire
}

test('messages go both ways, in order, before the one who knocks listens', async () => {
  const { mine, theirs } = await knock()
  expect(await theirs.receive()).toEqual(ASK)
  theirs.send(new Uint8Array([1]))
  theirs.send(new Uint8Array([2]))
  await settle()
  expect([await mine.receive(), await mine.receive()]).toEqual([new Uint8Array([1]), new Uint8Array([2])])
})

test('the transport says who is there, where it can; otherwise where from', async () => {
  const proven = await knock()
  expect([proven.mine.peer, proven.theirs.peer, proven.theirs.origin]).toEqual(['a', 'x', 'x'])
  const claimed = await knock(false)
  expect([claimed.theirs.peer, claimed.theirs.origin]).toEqual([undefined, 'memory:dialler'])
})

test('the last message arrives before the end, on both sides', async () => {
  const { mine, theirs } = await knock()
  theirs.send(new Uint8Array([7]))
  theirs.close()
  theirs.close()
  await settle()
  expect(await mine.receive()).toEqual(new Uint8Array([7]))
  expect(await mine.receive()).toBeUndefined()
  expect(await theirs.receive()).toBeUndefined()
  expect(net.dialled.at(-1)!.open).toBe(false)
})

test('who waits for a message hears that there will be none', async () => {
  const { mine, theirs } = await knock()
  await theirs.receive()
  const waiting = theirs.receive()
  mine.close()
  await settle()
  expect(await waiting).toBeUndefined()
})

test('an end that never closes is cut off after a while', async () => {
  const wire = intrude()
  wire.other.end = () => {}
  wire.write([framed(ASK)])
  await settle()
  a.knocks[0]!.close()
  await settle()
  expect(wire.open).toBe(true)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(wire.open).toBe(false)
})

test('more messages than a dialogue has end it: nobody fills memory with them', async () => {
  const wire = intrude()
  wire.write([framed(ASK, ...Array.from({ length: 100 }, (_, i) => new Uint8Array([i])))])
  await settle()
  expect(wire.open).toBe(false)
  expect(await a.knocks[0]!.receive()).toBeUndefined()
})

test.each([
  ['of 4 GiB', new Uint8Array([255, 255, 255, 255])],
  ['larger than a request', new Uint8Array([1, 8, 0, 0])],
])('a message %s is refused before anything is allocated', async (_, prefix) => {
  const wire = intrude()
  wire.write([framed(ASK), prefix])
  await settle()
  expect(wire.open).toBe(false)
  await a.knocks[0]!.receive()
  expect(await a.knocks[0]!.receive()).toBeUndefined()
})

test('frames of a link are nothing on a knock: it can never become one', async () => {
  const { theirs, x } = await knock()
  await theirs.receive()
  const wire = net.dialled.at(-1)!
  wire.write([framed(new Uint8Array(16).fill(1))])
  x.transport.send('a', frame(1))
  await settle()
  expect(await theirs.receive()).toEqual(new Uint8Array(16).fill(1))
  expect(a.frames).toEqual([])
})

test('a node that lets nobody in hangs up', async () => {
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  const x = new Peer(net, 'x')
  const knocking = x.transport.knock!('x', 'b', never)
  await settle()
  const mine = await knocking
  mine.send(ASK)
  await settle()
  expect(await mine.receive()).toBeUndefined()
  expect(b.reasons).toContain('nobody is let in here')
})

test.each<[string, (x: Peer, abort: AbortController) => unknown]>([
  ['its caller gives up', (_, abort) => abort.abort(new Error('enough'))],
  ['the transport is closed', (x) => x.transport.close()],
  ['the time for dialling is over', () => vi.advanceTimersByTimeAsync(3_001)],
])('a knock where nobody answers ends when %s', async (_, end) => {
  net.hanging.add('nowhere')
  const x = new Peer(net, 'x')
  const abort = new AbortController()
  const failed = x.transport.knock!('x', 'nowhere', abort.signal).catch((error: Error) => error.message)
  await settle()
  await end(x, abort)
  expect(await failed).toMatch(/^cannot connect to nowhere: /)
})

test('closing the transport ends the knocks at both doors', async () => {
  const { mine, theirs, x } = await knock()
  await theirs.receive()
  const waiting = [mine.receive(), theirs.receive()]
  await a.transport.close()
  await settle()
  expect(await Promise.all(waiting)).toEqual([undefined, undefined])
  const failed = x.transport.knock!('x', 'a', never).catch((error: Error) => error.message)
  await settle()
  expect(await failed).toMatch(/connection refused/)
  await x.transport.close()
  await expect(x.transport.knock!('x', 'a', never)).rejects.toThrow(/closed/)
})

test('whoever does not hang up when a knock is over is bounded as those who say nothing', async () => {
  const wires: MemoryConnection[] = []
  for (let i = 0; i < 300; i++) {
    const wire = intrude()
    // It never reacts to the end.
    wire.other.end = () => {}
    wire.write([framed(ASK)])
    await vi.advanceTimersByTimeAsync(1)
    a.knocks.at(-1)!.close()
    wires.push(wire)
  }
  await vi.advanceTimersByTimeAsync(1)
  expect(wires.filter(({ open }) => open).length).toBeLessThanOrEqual(64)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(wires.filter(({ open }) => open).length).toBe(0)
})

test('members go on beside thousands of knocks, and those that are over leave nothing', async () => {
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  await settle()
  for (let i = 0; i < 2_000; i++) {
    const wire = intrude()
    wire.write([framed(ASK)])
    await vi.advanceTimersByTimeAsync(1)
    a.knocks.at(-1)!.close()
  }
  await vi.advanceTimersByTimeAsync(3_100)
  b.transport.send('a', frame(5))
  await settle()
  expect(a.frames.length).toBe(1)
  expect(vi.getTimerCount()).toBeLessThan(20)
})
