// Two nodes and the links between them, when nothing worse happens than a lost connection.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { linkTransport } from '../../src/links/index.js'
import { hasCode } from '../../src/ports/errors.js'
import { concat, MemoryNet, settle } from './memory-connections.js'
import { append, appendBlocks, block, frame, membersOf, Peer } from './peer.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

async function connected(options = {}): Promise<{ net: MemoryNet; a: Peer; b: Peer }> {
  const net = new MemoryNet()
  const [a, b] = [new Peer(net, 'a', options), new Peer(net, 'b', options)]
  await a.transport.listen(a, membersOf('a', 'b'))
  await b.transport.listen(b, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(100)
  expect(a.told()).toEqual(['up b'])
  expect(b.told()).toEqual(['up a'])
  return { net, a, b }
}

/** The dialler's end of the link from a to b. */
const linkToB = (net: MemoryNet) => net.dialled.findLast(({ peer, open }) => peer === 'b' && open)!

test('each node dials the other: one connection per direction, frames both ways, in order', async () => {
  const { net, a, b } = await connected()
  expect(net.dialled.filter(({ open }) => open)).toHaveLength(2)
  for (const number of [1, 2, 3]) a.transport.send('b', frame(number))
  b.transport.send('a', append(7, 100_000))
  expect(b.log).toEqual([])
  await settle()
  expect(b.told()).toEqual(['a: RequestVote 1', 'a: RequestVote 2', 'a: RequestVote 3'])
  expect(a.told()).toEqual(['b: AppendEntries 7'])
  expect(a.frames[0]).toEqual(append(7, 100_000))
})

test('it also works where the driver cannot tell who is at the other end', async () => {
  const { a, b } = await connected({ authenticated: false })
  a.transport.send('b', frame(1))
  await settle()
  expect(b.told()).toEqual(['a: RequestVote 1'])
})

test('what is sent without a link is lost in silence, also to who is no member', async () => {
  const net = new MemoryNet()
  const a = new Peer(net, 'a')
  await a.transport.listen(a, membersOf('a', 'b'))
  a.transport.send('b', frame(1))
  a.transport.send('stranger', frame(1))
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(3_000)
  expect(b.told()).toEqual(['up a'])
})

test('a lost connection is reported with its reason and dialled again', async () => {
  const { net, a, b } = await connected()
  linkToB(net).other.abort('the cable was cut')
  await settle()
  expect(a.told()).toEqual(['down b: connection reset'])
  await vi.advanceTimersByTimeAsync(100)
  expect(a.told()).toEqual(['up b'])
  a.transport.send('b', frame(2))
  await settle()
  expect(b.told()).toEqual(['a: RequestVote 2'])
})

test('dialling goes on for ever, slower and slower, up to the longest wait', async () => {
  const net = new MemoryNet()
  const a = new Peer(net, 'a')
  await a.transport.listen(a, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(10_000)
  const before = net.dials
  expect(before).toBeGreaterThan(6)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(net.dials - before).toBe(30)
  expect(a.reasons[0]).toBe('cannot connect: connection refused')
  expect(a.log).toEqual([])
})

test('a link that does not last does not shorten the wait; a stable one does', async () => {
  const { net, a } = await connected()
  const dialsAfterLoss = async (): Promise<number> => {
    linkToB(net).other.abort('lost')
    await settle()
    const dials = net.dials
    await vi.advanceTimersByTimeAsync(60)
    return net.dials - dials
  }
  for (let i = 0; i < 4; i++) {
    await dialsAfterLoss()
    await vi.advanceTimersByTimeAsync(3_000)
  }
  expect(await dialsAfterLoss()).toBe(0)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(a.told().at(-1)).toBe('up b')
  expect(await dialsAfterLoss()).toBe(1)
})

test('a peer that connects to us is dialled at once, however long the wait had become', async () => {
  const net = new MemoryNet()
  const a = new Peer(net, 'a')
  await a.transport.listen(a, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(30_000)
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  await settle()
  expect(b.told()).toEqual(['up a'])
  expect(a.told()).toEqual(['up b'])
})

test('a dial that hangs ends at its deadline; a peer seen meanwhile is dialled without another wait', async () => {
  const net = new MemoryNet()
  net.hanging.add('b')
  const a = new Peer(net, 'a')
  await a.transport.listen(a, membersOf('a', 'b'))
  await vi.advanceTimersByTimeAsync(1_000)
  const b = new Peer(net, 'b')
  await b.transport.listen(b, membersOf('a', 'b'))
  await settle()
  net.hanging.clear()
  await vi.advanceTimersByTimeAsync(1_990)
  expect(a.reasons).toEqual(['dialling took too long'])
  await settle()
  expect(a.told()).toEqual(['up b'])
})

test('a peer that stops answering is given up, though its connection never says so', async () => {
  const { net, a } = await connected()
  const link = linkToB(net)
  link.blackHole = true
  link.other.blackHole = true
  await vi.advanceTimersByTimeAsync(7_000)
  expect(a.told()).toEqual(['down b: the peer no longer answers', 'up b'])
})

test('a quiet link stays up: keep-alives are answered and are not frames', async () => {
  const { net, a, b } = await connected()
  const { dials } = net
  await vi.advanceTimersByTimeAsync(60_000)
  expect(net.dials).toBe(dials)
  expect(linkToB(net).batches.length).toBeGreaterThan(50)
  expect([...a.told(), ...b.told(), ...a.reasons, ...b.reasons]).toEqual([])
})

test('while the connection takes no more, frames wait; then they leave in one write', async () => {
  const { net, a, b } = await connected()
  const link = linkToB(net)
  link.stalled = true
  for (const number of [1, 2, 3, 4]) a.transport.send('b', frame(number))
  const writes = link.batches.length
  link.release()
  await settle()
  expect(link.batches.length - writes).toBe(1)
  expect(b.told().map((line) => line.at(-1))).toEqual(['1', '2', '3', '4'])
})

test('of the heartbeats that wait only the newest is sent', async () => {
  const { net, a, b } = await connected()
  const link = linkToB(net)
  link.stalled = true
  a.transport.send('b', frame(1))
  for (let term = 2; term < 1_000; term++) a.transport.send('b', append(term, 0))
  link.release()
  await settle()
  expect(b.told()).toEqual(['a: RequestVote 1', 'a: AppendEntries 999'])
})

test('a full queue drops what is being sent, and the node is told when it fills and when it has drained', async () => {
  const { net, a, b } = await connected({ queueBytesMax: 10_000 })
  const link = linkToB(net)
  link.stalled = true
  for (let term = 1; term <= 20; term++) a.transport.send('b', append(term, 1_000))
  expect(a.log).toEqual([])
  await settle()
  expect(a.told()).toEqual(['pressure b true'])
  link.release()
  await settle()
  expect(a.told()).toEqual(['pressure b false'])
  // The first was written, seven fit into the queue.
  expect(b.told().map((line) => Number(line.split(' ').at(-1)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

test('with the link the queue is gone, and with it the pressure; a heartbeat is not kept for the next link', async () => {
  const { net, a, b } = await connected({ queueBytesMax: 1_000 })
  const link = linkToB(net)
  link.stalled = true
  a.transport.send('b', frame(1))
  a.transport.send('b', append(2, 800))
  await settle()
  link.other.abort('lost')
  await vi.advanceTimersByTimeAsync(100)
  expect(a.told()).toEqual(['pressure b true', 'down b: connection reset', 'pressure b false', 'up b'])
  expect(b.told()).toEqual([])
})

test('a frame that no peer would accept is dropped with a diagnostic, and the link lives', async () => {
  const { a, b } = await connected()
  a.transport.send(
    'b',
    appendBlocks(
      1,
      [1, 2, 3].map(() => block(1, 7_000_000)),
    ),
  )
  a.transport.send('b', frame(2))
  await settle()
  expect(b.told()).toEqual(['a: RequestVote 2'])
  expect(a.reasons.at(-1)).toMatch(/dropped a frame of 21\d+ bytes/)
})

test('small pieces of a frame are joined, large blocks are written as they are', async () => {
  const { net, a } = await connected()
  const link = linkToB(net)
  a.transport.send('b', frame(1))
  expect(link.batches.at(-1)).toHaveLength(1)
  const large = block(2, 1_000_000)
  a.transport.send('b', appendBlocks(2, [large]))
  expect(link.batches.at(-1)!.some((piece) => piece === large.bytes)).toBe(true)
  expect(concat(link.batches.at(-1)!).length).toBeGreaterThan(1_000_000)
})

test('listening on an address in use: ERR_LISTEN; a second listen too', async () => {
  const net = new MemoryNet()
  const [a, again] = [new Peer(net, 'a'), new Peer(net, 'a')]
  await a.transport.listen(a, membersOf('a'))
  const error = await again.transport.listen(again, membersOf('a')).catch((reason: unknown) => reason)
  expect(hasCode(error, 'ERR_LISTEN')).toBe(true)
  await again.transport.close()
  await expect(a.transport.listen(a, membersOf('a'))).rejects.toThrow(/serves one node once/)
})

test('an address that cannot be listened on: the message says what to do, the cause is the system’s error', async () => {
  for (const [code, advice] of [
    ['EADDRINUSE', /in use 127\.0\.0\.1:7001 \(another process/],
    ['EACCES', /higher/],
    ['EADDRNOTAVAIL', /one of its own/],
    ['ENOTFOUND', /no such host/],
    ['EFAULT', /127\.0\.0\.1:7001$/],
  ] as const) {
    const net = new MemoryNet()
    const cause = Object.assign(new Error(`listen ${code}: in use 127.0.0.1:7001`), { code })
    const driver = { ...net.driver('a'), listen: () => Promise.reject(cause) }
    const listening = linkTransport('memory', driver).listen(new Peer(net, 'a'), membersOf('a'))
    await expect(listening).rejects.toMatchObject({ code: 'ERR_LISTEN', cause })
    await expect(listening).rejects.toThrow(advice)
  }
})

test('a dial that failed at every address of a host tells what happened at each', async () => {
  const net = new MemoryNet()
  const each = ['connect ECONNREFUSED ::1:7001', 'connect ECONNREFUSED 127.0.0.1:7001']
  const driver = {
    ...net.driver('a'),
    dial: () => Promise.reject(new AggregateError(each.map((text) => new Error(text)))),
  }
  const a = new Peer(net, 'a')
  const reasons: string[] = []
  const transport = linkTransport('memory', driver, { onDiagnostic: ({ reason }) => reasons.push(reason) })
  await transport.listen(a, membersOf('a', 'b'))
  await settle()
  await transport.close()
  expect(reasons).toEqual([`cannot connect: ${each.join('; ')}`])
})

test('close ends every connection and timer, is idempotent, and nothing is delivered afterwards', async () => {
  const { net, a, b } = await connected()
  b.transport.send('a', frame(1))
  a.transport.send('b', frame(1))
  const closing = a.transport.close()
  expect(a.transport.close()).toBe(closing)
  await closing
  await b.transport.close()
  await settle()
  a.transport.send('b', frame(2))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(a.told()).toEqual([])
  expect(net.dialled.filter(({ open }) => open)).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('close during a dial, during the hello, during a wait and during listen leaves nothing behind', async () => {
  for (const moment of [0, 1, 40, 'listen'] as const) {
    const net = new MemoryNet()
    const a = new Peer(net, 'a')
    if (moment !== 40) net.listeners.set('b', { id: 'b', accept: (connection) => connection.start(silent) })
    if (moment === 0) net.hanging.add('b')
    const listening = a.transport.listen(a, membersOf('a', 'b'))
    listening.catch(() => undefined)
    if (moment !== 'listen') await listening
    if (moment === 1 || moment === 40) await vi.advanceTimersByTimeAsync(moment)
    await a.transport.close()
    await vi.advanceTimersByTimeAsync(60_000)
    if (moment === 'listen') await expect(listening).rejects.toThrow(/closed while/)
    expect(a.log).toEqual([])
    expect(net.dialled.filter(({ open }) => open)).toEqual([])
    expect(net.listeners.has('a')).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  }
})

test('a node that closes its transport from within a callback is told nothing more', async () => {
  const { net, a } = await connected()
  a.linkDown = (peer) => {
    a.log.push(`down ${peer}`)
    void a.transport.close()
  }
  linkToB(net).other.abort('lost')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(a.told()).toEqual(['down b'])
})

const silent = { data: (): void => {}, drain: (): void => {}, closed: (): void => {} }
