// A node as a transport sees it: it records what it is told.
import { type LinkDiagnostic, type LinkOptions, linkTransport } from '../../src/links/index.js'
import type { Member, Transport, TransportHost } from '../../src/ports/transport.js'
import { type EntryBlock, EntryKind, encodeBlock } from '../../src/wire/entry-block.js'
import type { Frame } from '../../src/wire/frame.js'
import type { Hello, HelloRefusal } from '../../src/wire/hello.js'
import type { MemoryNet } from './memory-connections.js'

export const INCARNATION = '00112233445566aa'

export function membersOf(...ids: string[]): Member[] {
  return ids.map((id) => ({ id, address: id, role: 'voter' }))
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
  return { group: 0, incarnation: INCARNATION, messages: [message] }
}

/** AppendEntries of that term, with one entry of so many bytes, or none: a heartbeat. */
export function append(term: number, payloadBytes: number): Frame {
  return appendBlocks(term, payloadBytes === 0 ? [] : [block(term, payloadBytes)])
}

export function block(term: number, payloadBytes: number): EntryBlock {
  const entry = { kind: EntryKind.Command, payload: new Uint8Array(payloadBytes) }
  return encodeBlock({ firstIndex: 1, term, timestamp: 0 }, [entry])
}

export function appendBlocks(term: number, entries: readonly EntryBlock[]): Frame {
  const position = { prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, round: 0 }
  return {
    group: 0,
    incarnation: INCARNATION,
    messages: [{ type: 'AppendEntries', term, entries, ...position }],
  }
}

export function helloOf(from: string, to: string, clusterId = 'cluster'): Hello {
  const identity = { incarnation: INCARNATION, membersHash: 0, leaseHash: 0, generation: 0 }
  return { protocolMin: 1, protocolMax: 1, clusterId, from, to, ...identity }
}

export class Peer implements TransportHost {
  readonly id: string
  readonly transport: Transport
  readonly clusterId: string
  /** Everything the node is told, in order, as text. */
  readonly log: string[] = []
  readonly diagnostics: LinkDiagnostic[] = []
  readonly frames: Frame[] = []

  constructor(
    net: MemoryNet,
    id: string,
    options: LinkOptions & { clusterId?: string; authenticated?: boolean } = {},
  ) {
    const { clusterId = 'cluster', authenticated = true, ...linkOptions } = options
    this.id = id
    this.clusterId = clusterId
    this.transport = linkTransport('memory', net.driver(id, authenticated), {
      random: () => 1,
      onDiagnostic: (diagnostic) => this.diagnostics.push(diagnostic),
      ...linkOptions,
    })
  }

  get reasons(): string[] {
    return this.diagnostics.map(({ reason }) => reason)
  }

  hello(peer: string): Hello {
    return helloOf(this.id, peer, this.clusterId)
  }

  admit(hello: Hello): HelloRefusal | undefined {
    if (hello.protocolMin > 1) return 'wrong-version'
    if (hello.clusterId !== this.clusterId) return 'wrong-cluster'
    return hello.to === this.id ? undefined : 'wrong-target'
  }

  refused(peer: string, refusal: HelloRefusal): void {
    this.log.push(`refused by ${peer}: ${refusal}`)
  }

  receive(from: string, received: Frame): void {
    this.frames.push(received)
    const [message] = received.messages
    this.log.push(`${from}: ${message?.type} ${message?.term}`)
  }

  linkUp(peer: string): void {
    this.log.push(`up ${peer}`)
  }

  linkDown(peer: string, reason: string): void {
    this.log.push(`down ${peer}: ${reason}`)
  }

  pressure(peer: string, high: boolean): void {
    this.log.push(`pressure ${peer} ${high}`)
  }

  /** What was told since the last call. */
  told(): string[] {
    return this.log.splice(0)
  }
}
