// A node as a transport sees it, on a real libp2p node at 127.0.0.1.
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
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
import { createRaftLibp2p, libp2pTransport } from '../src/index.js'

export const INCARNATION = '00112233445566aa'

export interface PeerOptions extends LinkOptions {
  readonly clusterId?: string
  /** Who it is and where it listens, when it comes back. */
  readonly privateKey?: PrivateKey
  readonly listen?: string
}

export class Peer implements TransportHost {
  readonly libp2p: Libp2p
  readonly privateKey: PrivateKey
  readonly transport: Transport
  readonly clusterId: string
  readonly frames: Frame[] = []
  readonly #log: string[] = []
  #waiting: (() => void)[] = []

  static async start(options: PeerOptions = {}): Promise<Peer> {
    const privateKey = options.privateKey ?? (await generateKeyPair('Ed25519'))
    const libp2p = await createRaftLibp2p({ privateKey, listen: options.listen ?? '/ip4/127.0.0.1/tcp/0' })
    return new Peer(libp2p, privateKey, options)
  }

  constructor(libp2p: Libp2p, privateKey: PrivateKey, options: PeerOptions) {
    const { clusterId = 'cluster', privateKey: _key, listen: _listen, ...linkOptions } = options
    this.libp2p = libp2p
    this.privateKey = privateKey
    this.clusterId = clusterId
    const onDiagnostic = ({ reason }: LinkDiagnostic): void => this.#tell(`diagnostic: ${reason}`)
    this.transport = libp2pTransport({ libp2p, onDiagnostic, ...linkOptions })
  }

  get id(): string {
    return this.libp2p.peerId.toString()
  }

  get address(): string {
    return this.libp2p.getMultiaddrs()[0]!.toString()
  }

  get member(): Member {
    return { id: this.id, address: this.address, role: 'voter' }
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

  async stop(): Promise<void> {
    await this.transport.close()
    await this.libp2p.stop()
  }

  hello(peer: string): Hello {
    const identity = { incarnation: INCARNATION, membersHash: 0, leaseHash: 0, generation: 0 }
    return { protocolMin: 1, protocolMax: 1, clusterId: this.clusterId, from: this.id, to: peer, ...identity }
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
  await Promise.all(peers.map((peer) => peer.transport.listen(peer, members)))
  for (const peer of peers) {
    for (const { id } of peers) if (id !== peer.id) await peer.until(`up ${id}`)
  }
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
