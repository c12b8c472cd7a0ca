// What travels between members, on a network that loses nothing, and what becomes of the links.
import { check, same } from '../assert.js'
import { append, block, vote } from './frames.js'
import type { TransportPlace } from './place.js'
import { connect, type RecordingHost } from './recording-host.js'

type Contract = Record<string, (place: TransportPlace) => Promise<void>>

const MIB = 1024 * 1024

async function pair({ host }: TransportPlace): Promise<[RecordingHost, RecordingHost]> {
  const hosts: [RecordingHost, RecordingHost] = [await host('a'), await host('b')]
  await connect(...hosts)
  return hosts
}

function numbers(host: RecordingHost): number[] {
  return host.frames.map(({ messages }) => messages[0]!.term)
}

export const links: Contract = {
  'frames travel both ways, and tell who sent them': async (place) => {
    const [a, b] = await pair(place)
    a.transport.send(b.id, vote(1))
    b.transport.send(a.id, vote(2))
    await b.until(`frame 1 from ${a.id}`)
    await a.until(`frame 2 from ${b.id}`)
    same(b.frames, [vote(1)], 'what arrived')
  },

  'large blocks arrive whole and unchanged, and small frames beside them in order': async (place) => {
    const [a, b] = await pair(place)
    const blocks = [1, 2, 3].map((index) => block(index, 4 * MIB))
    a.transport.send(b.id, vote(1))
    a.transport.send(b.id, append(2, blocks))
    a.transport.send(b.id, vote(3))
    await b.until(`frame 3 from ${a.id}`)
    same(numbers(b), [1, 2, 3], 'the frames that arrived')
    const [message] = b.frames[1]!.messages
    const received = message?.type === 'AppendEntries' ? message.entries : []
    const equal = received.map(({ bytes }, i) => bytes.every((byte, at) => byte === blocks[i]!.bytes[at]))
    same(equal, [true, true, true], 'whether each block is what was sent')
  },

  'a burst is held back, not lost: pressure rises, everything arrives, pressure falls': async (place) => {
    const [a, b] = await pair(place)
    const one = block(1, MIB)
    for (let term = 1; term <= 12; term++) a.transport.send(b.id, append(term, [one]))
    await a.until('pressure true')
    await a.until('pressure false')
    await b.until(`frame 12 from ${a.id}`)
    same(numbers(b).length, 12, 'how many frames arrived')
  },

  'a peer that dies is missed, and when it is back at its address the links are up again': async (place) => {
    const [a, b] = await pair(place)
    await place.stop(b)
    await a.until(new RegExp(`^down ${b.id}: .`))
    const again = await place.host('b', { as: b })
    same(again.member, b.member, 'who is back')
    await again.listen(a.member, again.member)
    await Promise.all([a.until(`up ${b.id}`), again.until(`up ${a.id}`)])
    a.transport.send(b.id, vote(7))
    again.transport.send(a.id, vote(8))
    await again.until(`frame 7 from ${a.id}`)
    await a.until(`frame 8 from ${b.id}`)
  },

  'who is no member is refused and told so, and the members go on': async (place) => {
    const [a, b] = await pair(place)
    const stranger = await place.host('x')
    await stranger.listen(a.member, stranger.member)
    await stranger.until('refused: unknown-member')
    a.transport.send(b.id, vote(1))
    await b.until(`frame 1 from ${a.id}`)
  },

  'a node of another cluster is refused with the reason, on both sides': async ({ host }) => {
    const [a, b] = [await host('a'), await host('b', { clusterId: 'other' })]
    await Promise.all([a.listen(a.member, b.member), b.listen(a.member, b.member)])
    await a.until('refused: wrong-cluster')
    await b.until('refused: wrong-cluster')
    const up = [...a.told, ...b.told].filter((line) => line.startsWith('up'))
    same(up, [], 'links between the clusters')
  },

  'send to whom it cannot reach, or does not know, is nothing': async ({ host }) => {
    const [a, b] = [await host('a'), await host('b')]
    await a.listen(a.member, b.member)
    for (const peer of [b.id, 'nobody']) a.transport.send(peer, vote(1))
    await a.transport.close()
    a.transport.send(b.id, vote(2))
    same(b.frames, [], 'what arrived')
  },

  'close is idempotent, ends the links, and nothing is delivered afterwards': async (place) => {
    const [a, b] = await pair(place)
    b.transport.send(a.id, vote(1))
    const closing = a.transport.close()
    await Promise.all([closing, a.transport.close()])
    const arrived = a.frames.length
    await b.until(new RegExp(`^down ${a.id}: .`))
    b.transport.send(a.id, vote(2))
    await a.transport.close()
    check(a.frames.length === arrived, 'a frame was delivered after close')
    await place.stop(a)
    const again = await place.host('a', { as: a })
    same(await again.listen(again.member), a.address, 'the address that is free again')
  },
}
