// The Transport port over a MemoryNetwork: one node's end of all its links.
import {
  type Frame,
  type Hello,
  type HelloReply,
  type Knock,
  type Member,
  type NodeId,
  RaftError,
  type Transport,
  type TransportHost,
} from '@riverraft/core'
import { addressOf, Link, type LinkContext, type LinkTarget } from './link.js'
import { MemoryKnock } from './memory-knock.js'

/** Where listening transports are known by their address. */
export interface Exchange extends LinkContext {
  at(address: string): MemoryTransport | undefined
  /** @throws RaftError ERR_LISTEN when the address is taken */
  register(address: string, transport: MemoryTransport): void
  unregister(address: string): void
}

export class MemoryTransport implements Transport, LinkTarget {
  readonly name = 'memory'
  readonly #network: Exchange
  readonly #links = new Map<NodeId, Link>()
  readonly #knocks = new Set<MemoryKnock>()
  #host: TransportHost | undefined
  #address = ''
  #closed = false

  constructor(network: Exchange) {
    this.#network = network
  }

  get id(): NodeId {
    return this.#host?.id ?? ''
  }

  get links(): Iterable<Link> {
    return this.#links.values()
  }

  async listen(host: TransportHost, members: readonly Member[]): Promise<string> {
    if (this.#host || this.#closed)
      throw new RaftError('ERR_LISTEN', 'a memory transport serves one node, once')
    const own = members.find((member) => member.id === host.id)
    const address = own ? addressOf(own) : host.id
    this.#network.register(address, this)
    this.#host = host
    this.#address = address
    for (const member of members) {
      if (member.id !== host.id) this.#links.set(member.id, new Link(this.#network, host, member))
    }
    for (const link of this.#links.values()) link.connect()
    return address
  }

  setMembers(members: readonly Member[]): void {
    const host = this.#host
    if (host === undefined || this.#closed) return
    const addresses = new Map(members.map((member) => [member.id, addressOf(member)]))
    for (const [id, link] of this.#links) {
      if (addresses.get(id) === link.address) continue
      link.close()
      this.#links.delete(id)
    }
    for (const member of members) {
      if (member.id === host.id || this.#links.has(member.id)) continue
      const link = new Link(this.#network, host, member)
      this.#links.set(member.id, link)
      link.connect()
    }
  }

  send(peer: NodeId, frame: Frame): void {
    this.#links.get(peer)?.send(frame)
  }

  /** Resolves in a later turn, as a connection would. */
  async knock(from: NodeId, address: string, signal: AbortSignal): Promise<Knock> {
    await new Promise<void>((resolve) => this.#network.turns.push(resolve))
    if (this.#closed || signal.aborted) throw new RaftError('ERR_ABORTED', 'given up')
    const target = this.#network.at(address)
    const host = target === undefined ? undefined : target.#host
    if (target === undefined || host?.knocked === undefined || this.#network.faults(from, host.id).cut)
      throw new RaftError('ERR_TIMEOUT', `nobody can be reached at ${address}`)
    const mine = (knock: MemoryKnock): void => void this.#knocks.delete(knock)
    const theirs = (knock: MemoryKnock): void => void target.#knocks.delete(knock)
    const [here, there] = MemoryKnock.pair(this.#network, [from, mine], [host.id, theirs])
    this.#knocks.add(here)
    target.#knocks.add(there)
    host.knocked(there)
    return here
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const knock of [...this.#knocks]) knock.close()
    for (const link of this.#links.values()) link.close()
    if (this.#host) this.#network.unregister(this.#address)
  }

  greet(from: NodeId, hello: Hello): HelloReply {
    const host = this.#host
    if (hello.from !== from || !host) return { refusal: 'wrong-sender' }
    // The node's reason before ours: "wrong cluster" explains more than "not a member".
    const refusal = host.admit(hello) ?? (this.#links.has(from) ? undefined : 'unknown-member')
    return refusal ? { refusal } : { hello: host.hello(from) }
  }

  receive(from: NodeId, frame: Frame): void {
    this.#host?.receive(from, frame)
  }
}
