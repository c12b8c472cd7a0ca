import {
  EntryKind,
  encodeBlock,
  type Frame,
  type Hello,
  type HelloRefusal,
  type Member,
  type NodeId,
  type Transport,
  type TransportHost,
} from '@riverraft/core'
import type { MemoryNetwork } from '../src/index.js'

export function membersOf(...ids: NodeId[]): Member[] {
  return ids.map((id) => ({ id, address: `memory:${id}`, role: 'voter' }))
}

/** A frame that tells its number: its only message is a vote request of that term. */
export function frame(number: number): Frame {
  const message = {
    type: 'RequestVote',
    term: number,
    lastLogIndex: 0,
    lastLogTerm: 0,
    transfer: false,
  } as const
  return { group: 0, incarnation: '0000000000000000', messages: [message] }
}

/** A frame with a block of about `bytes` bytes. */
export function heavyFrame(bytes: number): Frame {
  const entry = { kind: EntryKind.Command, payload: new Uint8Array(bytes) }
  const block = encodeBlock({ firstIndex: 1, term: 1, timestamp: 0 }, [entry])
  const message = {
    type: 'AppendEntries',
    term: 1,
    prevLogIndex: 0,
    prevLogTerm: 0,
    entries: [block],
    leaderCommit: 0,
    round: 1,
  } as const
  return { group: 0, incarnation: '0000000000000000', messages: [message] }
}

/** A node that only writes down what its transport tells it. */
export class Peer implements TransportHost {
  readonly id: NodeId
  readonly transport: Transport
  readonly log: string[] = []
  readonly frames: Frame[] = []
  refuses: (hello: Hello) => HelloRefusal | undefined = () => undefined
  says: (peer: NodeId) => Partial<Hello> = () => ({})
  readonly #waiting = new Set<() => void>()

  constructor(network: MemoryNetwork, id: NodeId) {
    this.id = id
    this.transport = network.transport()
  }

  hello(peer: NodeId): Hello {
    return {
      protocolMin: 1,
      protocolMax: 1,
      clusterId: 'orders',
      generation: 0,
      from: this.id,
      to: peer,
      incarnation: '0000000000000000',
      membersHash: 0,
      leaseHash: 0,
      ...this.says(peer),
    }
  }

  admit(hello: Hello): HelloRefusal | undefined {
    return this.refuses(hello)
  }

  refused(peer: NodeId, refusal: HelloRefusal): void {
    this.#note(`refused by ${peer}: ${refusal}`)
  }

  receive(from: NodeId, received: Frame): void {
    this.frames.push(received)
    this.#note(`${from}: ${received.messages[0]!.term}`)
  }

  linkUp(peer: NodeId): void {
    this.#note(`up ${peer}`)
  }

  linkDown(peer: NodeId, reason: string): void {
    this.#note(`down ${peer}: ${reason}`)
  }

  pressure(peer: NodeId, high: boolean): void {
    this.#note(`pressure ${peer}: ${high}`)
  }

  #note(line: string): void {
    this.log.push(line)
    for (const look of this.#waiting) look()
  }

  /** Resolves once the log holds `line` `times` times. */
  until(line: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.log.filter((one) => one === line).length < times) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}

/** Peers that listen and are connected, each to each. */
export async function connected(network: MemoryNetwork, ...ids: NodeId[]): Promise<Peer[]> {
  const peers = ids.map((id) => new Peer(network, id))
  for (const peer of peers) await peer.transport.listen(peer, membersOf(...ids))
  for (const peer of peers) for (const id of ids) if (id !== peer.id) await peer.until(`up ${id}`)
  for (const peer of peers) peer.log.length = 0
  return peers
}

/** A later macrotask: what was queued on an undelayed network has arrived by then. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
