// The transport suite proves itself: TCP passes it (in its own tests), and each of these is caught at what it breaks.
import { RecordingHost, testTransport } from '@riverraft/conformance/transport'
import {
  EntryBlock,
  type Frame,
  type Knock,
  type Member,
  type Transport,
  type TransportHost,
} from '@riverraft/core'
import { tcp } from '@riverraft/transport-tcp'
import { expect, test } from 'vitest'
import { freePort } from '../../packages/transport-tcp/test/sockets.js'

type Alter = (transport: Transport) => Partial<Transport>

class Host extends RecordingHost {
  readonly id: string
  readonly address: string
  readonly transport: Transport

  constructor(id: string, address: string, clusterId: string | undefined, alter: Alter) {
    super(clusterId)
    this.id = id
    this.address = address
    const right = tcp({ listen: address })
    this.transport = {
      name: right.name,
      listen: (host, members) => right.listen(host, members),
      send: (peer, frame) => right.send(peer, frame),
      setMembers: (members) => right.setMembers(members),
      knock: (from, address, signal) => right.knock!(from, address, signal),
      close: () => right.close(),
      ...alter(right),
    }
  }
}

/** What the case of this name says. */
async function outcome(name: string, alter: Alter): Promise<string> {
  const cases = new Map<string, () => Promise<void>>()
  testTransport(
    (each, run) => cases.set(each, run),
    async (use) => {
      const hosts: Host[] = []
      const host = async (id: string, { clusterId, as }: { clusterId?: string; as?: RecordingHost } = {}) => {
        hosts.push(new Host(id, as?.address ?? `127.0.0.1:${await freePort()}`, clusterId, alter))
        return hosts.at(-1)!
      }
      try {
        await use({ host, stop: ({ transport }) => transport.close() })
      } finally {
        await Promise.allSettled(hosts.map(({ transport }) => transport.close()))
      }
    },
  )
  return cases.get(name)!().then(
    () => 'passed',
    (error: Error) => error.message,
  )
}

/** The host as the right one sees it, with what it receives changed on the way. */
function receiving(change: (host: TransportHost, from: string, frame: Frame) => void): Alter {
  return (right) => ({
    listen: (host: TransportHost, members: readonly Member[]) => {
      const between: TransportHost = {
        id: host.id,
        hello: (peer) => host.hello(peer),
        admit: (hello) => host.admit(hello),
        refused: (peer, refusal) => host.refused(peer, refusal),
        receive: (from, frame) => change(host, from, frame),
        linkUp: (peer) => host.linkUp(peer),
        linkDown: (peer, reason) => host.linkDown(peer, reason),
        pressure: (peer, high) => host.pressure(peer, high),
        knocked: (knock) => host.knocked?.(knock),
      }
      return right.listen(between, members)
    },
  })
}

/** What the one who knocks hears, changed on the way; undefined: the end. */
function hearing(change: (message: Uint8Array, knock: Knock) => Promise<Uint8Array | undefined>): Alter {
  return (right) => ({
    knock: async (from, address, signal) => {
      const knock = await right.knock!(from, address, signal)
      const receive = async (): Promise<Uint8Array | undefined> => {
        const message = await knock.receive()
        return message === undefined ? undefined : change(message, knock)
      }
      const { peer, origin } = knock
      return { peer, origin, receive, send: (message) => knock.send(message), close: () => knock.close() }
    },
  })
}

function mixedUp(frame: Frame): Frame {
  const messages = frame.messages.map((message) => {
    if (message.type !== 'AppendEntries') return message
    const entries = message.entries.map(({ bytes }) => {
      const wrong = bytes.slice()
      wrong[200] = wrong[200]! ^ 1
      return new EntryBlock(wrong)
    })
    return { ...message, entries }
  })
  return { ...frame, messages }
}

const BROKEN: readonly [what: string, caughtBy: string, saying: RegExp, alter: Alter][] = [
  [
    'delivers twice where nothing was lost',
    'frames travel both ways, and tell who sent them',
    /what arrived/,
    receiving((host, from, frame) => {
      host.receive(from, frame)
      host.receive(from, frame)
    }),
  ],
  [
    'alters what it moves',
    'large blocks arrive whole and unchanged, and small frames beside them in order',
    /whether each block is what was sent: expected \[true,true,true\], got \[false,false,false\]/,
    receiving((host, from, frame) => host.receive(from, mixedUp(frame))),
  ],
  [
    'throws when it does not know the peer',
    'send to whom it cannot reach, or does not know, is nothing',
    /who is nobody/,
    (right) => ({
      send: (peer, frame) => {
        if (peer === 'nobody') throw new Error('who is nobody?')
        right.send(peer, frame)
      },
    }),
  ],
  [
    'loses a message of a knock',
    'whoever knocks is heard, though no member, and messages go both ways in order',
    /message 2: expected \[2\], got \[3\]/,
    hearing(async (message, knock) => (message[0] === 2 ? knock.receive() : message)),
  ],
  [
    'ends a knock before its last message',
    'a message that was sent before the end arrives, and then both sides know it is over',
    /the last message: expected \[5\], got \[\]/,
    hearing(async (message) => (message[0] === 5 ? undefined : message)),
  ],
  [
    'says of a knock that it comes from somebody else',
    'whoever knocks is heard, though no member, and messages go both ways in order',
    /whether it is nobody else/,
    (right) => ({
      listen: (host, members) => {
        const knocked = (knock: Knock): void =>
          host.knocked?.(Object.defineProperty(knock, 'peer', { value: 'b' }))
        return right.listen(
          Object.defineProperty(Object.create(host), 'knocked', { value: knocked }),
          members,
        )
      },
    }),
  ],
  [
    'closes once',
    'close is idempotent, ends the links, and nothing is delivered afterwards',
    /closed already/,
    (right) => {
      let closed = false
      return {
        close: async () => {
          if (closed) throw new Error('closed already')
          closed = true
          await right.close()
        },
      }
    },
  ],
]

test.each(BROKEN)('caught: a transport that %s', async (_what, caughtBy, saying, alter) => {
  expect(await outcome(caughtBy, () => ({}))).toBe('passed')
  expect(await outcome(caughtBy, alter)).toMatch(saying)
})
