// A node as a transport sees it: it records what it is told.
import type { Server } from 'node:http'
import {
  type EntryBlock,
  EntryKind,
  encodeBlock,
  type Frame,
  type Hello,
  type HelloRefusal,
  type Member,
  type Transport,
  type TransportHost,
} from '@riverraft/core'
import type { LinkDiagnostic, LinkOptions } from '@riverraft/core/links'
import { type WebSocketTransportOptions, websocket } from '../src/index.js'
import { freePort } from './sockets.js'

export const INCARNATION = '00112233445566aa'

export interface PeerOptions extends LinkOptions {
  readonly clusterId?: string
  /** Where it listens; by default on a free port. */
  readonly address?: string
  readonly tls?: WebSocketTransportOptions['tls']
  /** A server that listens at its address. */
  readonly server?: Server
}

export class Peer implements TransportHost {
  readonly id: string
  readonly address: string
  readonly transport: Transport
  readonly clusterId: string
  readonly frames: Frame[] = []
  readonly #log: string[] = []
  #waiting: (() => void)[] = []

  static async create(id: string, options: PeerOptions = {}): Promise<Peer> {
    return new Peer(id, options.address ?? `ws://127.0.0.1:${await freePort()}/raft`, options)
  }

  constructor(id: string, address: string, options: PeerOptions) {
    const { clusterId = 'cluster', address: _address, server, tls = {}, ...linkOptions } = options
    this.id = id
    this.address = address
    this.clusterId = clusterId
    const onDiagnostic = ({ reason }: LinkDiagnostic): void => this.#tell(`diagnostic: ${reason}`)
    const common = { onDiagnostic, tls, ...linkOptions }
    this.transport =
      server === undefined
        ? websocket({ listen: address, ...common })
        : websocket({ server, path: '/raft', ...common })
  }

  get member(): Member {
    return { id: this.id, address: this.address, role: 'voter' }
  }

  listen(...members: Member[]): Promise<string> {
    return this.transport.listen(this, members)
  }

  /** Resolves when something was told that matches; what was told before counts, once. */
  async until(pattern: RegExp | string): Promise<string> {
    for (;;) {
      const at = this.#log.findIndex((line) =>
        typeof pattern === 'string' ? line === pattern : pattern.test(line),
      )
      if (at >= 0) return this.#log.splice(0, at + 1).at(-1)!
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** What was told and not yet waited for. */
  get told(): readonly string[] {
    return this.#log
  }

  /** The same, and none of it counts for `until` any more. */
  takeTold(): string[] {
    return this.#log.splice(0)
  }

  hello(peer: string): Hello {
    return helloOf(this.id, peer, this.clusterId)
  }

  admit(hello: Hello): HelloRefusal | undefined {
    if (hello.clusterId !== this.clusterId) return 'wrong-cluster'
    return hello.to === this.id ? undefined : 'wrong-target'
  }

  refused(_peer: string, refusal: HelloRefusal): void {
    this.#tell(`refused: ${refusal}`)
  }

  receive(from: string, frame: Frame): void {
    this.frames.push(frame)
    this.#tell(`frame ${frame.messages[0]!.term} from ${from}`)
  }

  linkUp(peer: string): void {
    this.#tell(`up ${peer}`)
  }

  linkDown(peer: string, reason: string): void {
    this.#tell(`down ${peer}: ${reason}`)
  }

  pressure(_peer: string, high: boolean): void {
    this.#tell(`pressure ${high}`)
  }

  #tell(line: string): void {
    this.#log.push(line)
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** Starts them and waits until each can send to each. */
export async function connect(...peers: Peer[]): Promise<void> {
  const members = peers.map(({ member }) => member)
  await Promise.all(peers.map((peer) => peer.listen(...members)))
  for (const peer of peers) {
    for (const { id } of peers) if (id !== peer.id) await peer.until(`up ${id}`)
  }
}

export function helloOf(from: string, to: string, clusterId = 'cluster'): Hello {
  const identity = { incarnation: INCARNATION, membersHash: 0, leaseHash: 0, generation: 0 }
  return { protocolMin: 1, protocolMax: 1, clusterId, from, to, ...identity }
}

/** A frame that tells its number: its only message is a vote request of that term. */
export function vote(term: number): Frame {
  const message = { type: 'RequestVote', term, lastLogIndex: 0, lastLogTerm: 0, transfer: false } as const
  return { group: 0, incarnation: INCARNATION, messages: [message] }
}

export function block(firstIndex: number, payloadBytes: number): EntryBlock {
  const payload = new Uint8Array(payloadBytes).map((_, i) => i * firstIndex)
  return encodeBlock({ firstIndex, term: 1, timestamp: 0 }, [{ kind: EntryKind.Command, payload }])
}

export function append(term: number, entries: readonly EntryBlock[]): Frame {
  const position = { prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, round: 0 }
  return {
    group: 0,
    incarnation: INCARNATION,
    messages: [{ type: 'AppendEntries', term, entries, ...position }],
  }
}
