// How frames travel when nothing is wrong, and what each fault does to them.
import { afterEach, expect, test, vi } from 'vitest'
import { memoryNetwork } from '../src/index.js'
import { connected, frame, heavyFrame, membersOf, Peer, turns } from './helpers.js'

afterEach(() => vi.useRealTimers())

const MIB = 1024 * 1024

test('frames arrive in order, by reference, and never from within send', async () => {
  const [a, b] = await connected(memoryNetwork(), 'a', 'b')
  const sent = [frame(1), frame(2), frame(3)]
  for (const one of sent) a!.transport.send('b', one)
  expect(b!.frames).toEqual([])
  await b!.until('a: 3')
  expect(b!.frames.every((received, i) => received === sent[i])).toBe(true)
})

test('an answer given on receipt travels in a later turn', async () => {
  const [a, b] = await connected(memoryNetwork(), 'a', 'b')
  let depth = 0
  for (const peer of [a!, b!]) {
    const note = peer.receive.bind(peer)
    peer.receive = (from, received) => {
      expect(++depth).toBe(1)
      const number = received.messages[0]!.term
      if (number < 100) peer.transport.send(from, frame(number + 1))
      note(from, received)
      depth--
    }
  }
  a!.transport.send('b', frame(1))
  await a!.until('b: 100')
})

test('what is sent to nobody, or to oneself, is dropped', async () => {
  const [a] = await connected(memoryNetwork(), 'a', 'b')
  expect(() => a!.transport.send('x', frame(1))).not.toThrow()
  expect(() => a!.transport.send('a', frame(1))).not.toThrow()
  await turns()
  expect(a!.log).toEqual([])
})

test('a cut is one-way, loses what is under way, and is reported to its sender', async () => {
  const network = memoryNetwork()
  const [a, b] = await connected(network, 'a', 'b')
  a!.transport.send('b', frame(1))
  network.cut('a', 'b')
  a!.transport.send('b', frame(2))
  b!.transport.send('a', frame(3))
  await a!.until('b: 3')
  expect(b!.log).toEqual([])
  expect(a!.log).toEqual(['down b: cut', 'b: 3'])

  network.heal()
  await a!.until('up b')
  a!.transport.send('b', frame(4))
  await b!.until('a: 4')
  expect(b!.log).toEqual(['a: 4'])
})

test('a partition separates groups both ways and leaves the rest alone', async () => {
  const network = memoryNetwork()
  const [a, b, c, d] = await connected(network, 'a', 'b', 'c', 'd')
  network.partition(['a'], ['b', 'c'])
  await Promise.all([a!.until('down c: cut'), b!.until('down a: cut')])
  for (const to of ['b', 'c', 'd']) a!.transport.send(to, frame(1))
  b!.transport.send('c', frame(2))
  await Promise.all([d!.until('a: 1'), c!.until('b: 2')])
  expect(c!.log).toEqual(['down a: cut', 'b: 2'])
  expect(d!.log).toEqual(['a: 1'])

  network.heal('a', 'b')
  await a!.until('up b')
  await turns()
  expect(a!.log).toEqual(['down b: cut', 'down c: cut', 'up b'])
})

test("'*' is every node, the last rule wins, and who starts later meets the rules too", async () => {
  const network = memoryNetwork()
  network.cut('*', 'c')
  network.heal('a', 'c')
  const [a, b, c] = ['a', 'b', 'c'].map((id) => new Peer(network, id))
  for (const peer of [a!, b!, c!]) await peer.transport.listen(peer, membersOf('a', 'b', 'c'))
  await Promise.all([a!.until('up c'), c!.until('up b')])
  await turns()
  expect(b!.log).toEqual(['up a'])
})

test('a delayed frame arrives after its delay, and later ones do not wait for it', async () => {
  const network = memoryNetwork()
  const [a, b] = await connected(network, 'a', 'b')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const delays = [30, 10]
  network.delay('a', 'b', () => delays.shift()!)
  a!.transport.send('b', frame(1))
  a!.transport.send('b', frame(2))
  await turns()
  vi.advanceTimersByTime(9)
  expect(b!.log).toEqual([])
  vi.advanceTimersByTime(21)
  expect(b!.log).toEqual(['a: 2', 'a: 1'])

  network.delay('*', '*', 0)
  a!.transport.send('b', frame(3))
  await b!.until('a: 3')
})

test('delayed frames are lost by a cut, and by closing either end', async () => {
  const network = memoryNetwork()
  const [a, b, c] = await connected(network, 'a', 'b', 'c')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  network.delay('*', '*', 10)
  a!.transport.send('b', frame(1))
  b!.transport.send('c', frame(2))
  c!.transport.send('a', frame(3))
  network.cut('a', 'b')
  await c!.transport.close()
  expect(vi.getTimerCount()).toBe(0)
  await Promise.all([a!.transport.close(), b!.transport.close()])
  vi.advanceTimersByTime(100)
  expect([a, b, c].flatMap((peer) => peer!.frames)).toEqual([])
})

test('which frames are dropped and which repeated is up to the given randomness', async () => {
  const draws = [0.1, 0.9, 0.5, 0.29, 0.31]
  const network = memoryNetwork({ random: () => draws.shift()! })
  const [a, b] = await connected(network, 'a', 'b')
  network.drop('a', 'b', 0.3)
  for (const number of [1, 2, 3, 4, 5]) a!.transport.send('b', frame(number))
  await b!.until('a: 5')
  expect(b!.log).toEqual(['a: 2', 'a: 3', 'a: 5'])

  network.drop('a', 'b', 0)
  network.duplicate('a', 'b', 0.5)
  draws.push(0.4, 0.6)
  a!.transport.send('b', frame(6))
  a!.transport.send('b', frame(7))
  await b!.until('a: 7')
  expect(b!.log.slice(3)).toEqual(['a: 6', 'a: 6', 'a: 7'])
})

test('an invalid fault is refused', () => {
  const network = memoryNetwork()
  const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => network.drop('a', 'b', 1.5)).toThrow(invalid)
  expect(() => network.duplicate('a', 'b', Number.NaN)).toThrow(invalid)
  expect(() => network.delay('a', 'b', -1)).toThrow(invalid)
})

test('a link holds 64 MiB: it says when it fills and when it has drained, and drops what does not fit', async () => {
  const network = memoryNetwork()
  const [a, b] = await connected(network, 'a', 'b')
  const heavy = heavyFrame(7 * MIB)
  for (let i = 0; i < 12; i++) a!.transport.send('b', heavy)
  await a!.until('pressure b: false')
  expect(b!.frames.length).toBe(9)
  expect(a!.log).toEqual(['pressure b: true', 'pressure b: false'])
  a!.transport.send('b', heavy)
  await b!.until('a: 1', 10)
})

test('many frames travel in one turn', async () => {
  const [a, b] = await connected(memoryNetwork(), 'a', 'b')
  for (let i = 1; i <= 10_000; i++) a!.transport.send('b', frame(i))
  await turns(1)
  expect(b!.frames.length).toBe(10_000)
})
