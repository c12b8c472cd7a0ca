// The network: who listens where, and what is wrong with the links between them.
import { type NodeId, RaftError, type Transport } from '@riverraft/core'
import { ANY, type Delay, type Faults, Rules } from './faults.js'
import type { Link } from './link.js'
import { type Exchange, MemoryTransport } from './memory-transport.js'
import { Turns } from './turns.js'

export interface MemoryNetworkOptions {
  /** Draws from [0, 1): decides on drops and duplicates. Default Math.random; bring a seeded one to repeat a run. */
  readonly random?: () => number
}

/**
 * Every method that names two nodes is about one direction, from the first to the second; '*' stands for every node.
 * Where rules of one kind overlap, the one given last wins. They hold for nodes that start later, too.
 */
export interface MemoryNetwork {
  /** A transport for one node. */
  transport(): Transport
  /** No frame arrives any more, those under way included: the link is down. */
  cut(from: NodeId, to: NodeId): void
  /** Cuts every link between members of different groups, both ways. Nodes of no group keep their links. */
  partition(...groups: readonly (readonly NodeId[])[]): void
  /** Ends cuts, all of them when no nodes are named. Delays, drops and duplicates stay. */
  heal(from?: NodeId, to?: NodeId): void
  /** Frames take `delay` milliseconds, 0 again to end it. A function is asked per frame, so frames may overtake. */
  delay(from: NodeId, to: NodeId, delay: Delay): void
  /** Loses frames with this probability. */
  drop(from: NodeId, to: NodeId, probability: number): void
  /** Delivers frames twice with this probability. */
  duplicate(from: NodeId, to: NodeId, probability: number): void
}

/** A network inside this process. Nodes find one another by their members' addresses, any distinct strings. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  return new Network(options.random ?? Math.random)
}

class Network implements MemoryNetwork, Exchange {
  readonly turns: Turns = new Turns()
  readonly random: () => number
  readonly #listening = new Map<string, MemoryTransport>()
  readonly #rules = new Rules()

  constructor(random: () => number) {
    this.random = random
  }

  transport(): Transport {
    return new MemoryTransport(this)
  }

  cut(from: NodeId, to: NodeId): void {
    this.#rule(from, to, { cut: true })
  }

  partition(...groups: readonly (readonly NodeId[])[]): void {
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue
        for (const from of group) for (const to of other) this.cut(from, to)
      }
    }
  }

  heal(from: NodeId = ANY, to: NodeId = ANY): void {
    this.#rule(from, to, { cut: false })
  }

  delay(from: NodeId, to: NodeId, delay: Delay): void {
    this.#rule(from, to, { delay })
  }

  drop(from: NodeId, to: NodeId, probability: number): void {
    this.#rule(from, to, { drop: probability })
  }

  duplicate(from: NodeId, to: NodeId, probability: number): void {
    this.#rule(from, to, { duplicate: probability })
  }

  #rule(from: NodeId, to: NodeId, fault: Partial<Faults>): void {
    this.#rules.add(from, to, fault)
    for (const transport of this.#listening.values()) {
      for (const link of transport.links) link.setFaults(this.faults(transport.id, link.peer.id))
    }
  }

  at(address: string): MemoryTransport | undefined {
    return this.#listening.get(address)
  }

  faults(from: NodeId, to: NodeId): Faults {
    return this.#rules.of(from, to)
  }

  register(address: string, transport: MemoryTransport): void {
    if (this.#listening.has(address))
      throw new RaftError('ERR_LISTEN', `somebody listens at ${address} already`)
    this.#listening.set(address, transport)
    for (const link of this.#linksTo(address)) link.connect()
  }

  unregister(address: string): void {
    this.#listening.delete(address)
    for (const link of this.#linksTo(address)) link.down('closed by the peer')
  }

  *#linksTo(address: string): Generator<Link> {
    for (const transport of this.#listening.values()) {
      for (const link of transport.links) if (link.address === address) yield link
    }
  }
}
