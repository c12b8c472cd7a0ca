// Who is connected to whom: the hello both ways, refusals, listening and closing.
import { afterEach, expect, test, vi } from 'vitest'
import { memoryNetwork } from '../src/index.js'
import { connected, frame, membersOf, Peer, turns } from './helpers.js'

afterEach(() => vi.useRealTimers())

test('listening tells the address of the member list, and waits for nobody', async () => {
  const peer = new Peer(memoryNetwork(), 'a')
  expect(await peer.transport.listen(peer, membersOf('a', 'b'))).toBe('memory:a')
  const nameless = new Peer(memoryNetwork(), 'a')
  expect(await nameless.transport.listen(nameless, [{ id: 'a', address: '', role: 'voter' }])).toBe('a')
})

test('a link comes up in each direction once the other listens', async () => {
  const network = memoryNetwork()
  const [a, b] = [new Peer(network, 'a'), new Peer(network, 'b')]
  await a.transport.listen(a, membersOf('a', 'b'))
  await turns()
  expect(a.log).toEqual([])
  await b.transport.listen(b, membersOf('a', 'b'))
  await Promise.all([a.until('up b'), b.until('up a')])
})

test('an address can be listened at by one, and a transport serves one node, once', async () => {
  const network = memoryNetwork()
  const [a, again] = [new Peer(network, 'a'), new Peer(network, 'a')]
  await a.transport.listen(a, membersOf('a'))
  await expect(again.transport.listen(again, membersOf('a'))).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  await expect(a.transport.listen(a, membersOf('a'))).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  await a.transport.close()
  await expect(a.transport.listen(a, membersOf('a'))).rejects.toMatchObject({ code: 'ERR_LISTEN' })
  await again.transport.listen(again, membersOf('a'))
})

test('a refused hello reaches the refused node with the reason, and is tried again until it is welcome', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const network = memoryNetwork()
  const [a, b] = [new Peer(network, 'a'), new Peer(network, 'b')]
  let welcome = false
  b.refuses = () => (welcome ? undefined : 'wrong-members')
  await a.transport.listen(a, membersOf('a', 'b'))
  await b.transport.listen(b, membersOf('a', 'b'))
  await a.until('refused by b: wrong-members')
  // b refuses a's hello as the answer to its own, too: neither direction is up.
  a.transport.send('b', frame(1))
  await turns()
  expect(b.log).toEqual([])

  vi.advanceTimersByTime(60)
  await a.until('refused by b: wrong-members', 2)
  welcome = true
  vi.advanceTimersByTime(10_000)
  await Promise.all([a.until('up b'), b.until('up a')])
})

test('both ends judge: who refuses the answer to its own hello stays away', async () => {
  const network = memoryNetwork()
  const [a, b] = [new Peer(network, 'a'), new Peer(network, 'b')]
  const seen: string[] = []
  a.refuses = ({ from, to }) => {
    seen.push(`${from} to ${to}`)
    return 'incarnation-changed'
  }
  await a.transport.listen(a, membersOf('a', 'b'))
  await b.transport.listen(b, membersOf('a', 'b'))
  await b.until('refused by a: incarnation-changed')
  await turns()
  expect(a.log).toEqual([])
  // Once as an answer, once as a call.
  expect(seen).toEqual(['b to a', 'b to a'])
})

test('nobody may call itself by another name, and strangers are not let in', async () => {
  const network = memoryNetwork()
  const [a, liar, stranger] = [new Peer(network, 'a'), new Peer(network, 'b'), new Peer(network, 'x')]
  liar.says = () => ({ from: 'c' })
  await a.transport.listen(a, membersOf('a', 'b'))
  await liar.transport.listen(liar, membersOf('a', 'b'))
  await stranger.transport.listen(stranger, membersOf('a', 'x'))
  await liar.until('refused by a: wrong-sender')
  await stranger.until('refused by a: unknown-member')
  expect(a.log).toEqual([])
})

test('an address that leads to somebody else connects nobody', async () => {
  const network = memoryNetwork()
  const [a, b] = [new Peer(network, 'a'), new Peer(network, 'b')]
  b.refuses = (hello) => (hello.to === 'b' ? undefined : 'wrong-target')
  await b.transport.listen(b, membersOf('a', 'b'))
  const mistaken = [...membersOf('a'), { id: 'c', address: 'memory:b', role: 'voter' } as const]
  await a.transport.listen(a, mistaken)
  await a.until('refused by c: wrong-target')
})

test('a closed peer is a link down, and its successor a link up', async () => {
  const network = memoryNetwork()
  const [a, b] = await connected(network, 'a', 'b')
  a!.transport.send('b', frame(1))
  await b!.transport.close()
  await b!.transport.close()
  await a!.until('down b: closed by the peer')
  a!.transport.send('b', frame(2))
  b!.transport.send('a', frame(3))

  const successor = new Peer(network, 'b')
  await successor.transport.listen(successor, membersOf('a', 'b'))
  await a!.until('up b')
  a!.transport.send('b', frame(4))
  await successor.until('a: 4')
  // Nothing was delivered to the closed one after close, nothing from it, nothing meant for it to its successor.
  expect(b!.log).toEqual([])
  expect(successor.log.filter((line) => line.startsWith('a:'))).toEqual(['a: 4'])
  expect(a!.log).toEqual(['down b: closed by the peer', 'up b'])
})

test('closing before or during the greeting leaves nothing behind', async () => {
  const network = memoryNetwork()
  await network.transport().close()
  const [a, b] = [new Peer(network, 'a'), new Peer(network, 'b')]
  await a.transport.listen(a, membersOf('a', 'b'))
  await b.transport.listen(b, membersOf('a', 'b'))
  await a.transport.close()
  await turns()
  expect([a.log, b.log]).toEqual([[], []])
})
