// The Transport port over the simulated network, for one process.
import type { Frame, Member, NodeId, Transport, TransportHost } from '@riverraft/core'
import type { Process } from '../world/process.js'
import type { Endpoint, Network } from './network.js'

/** Where a server is. */
export interface Place {
  /** Where it listens, as it says of itself. */
  readonly address: string
  /** Where others can reach it. */
  readonly addresses: ReadonlySet<string>
}

export class SimulatedTransport implements Transport {
  readonly name = 'simulated'
  readonly #network: Network
  readonly #process: Process
  readonly #place: Place
  #endpoint: Endpoint | undefined

  constructor(network: Network, process: Process, place: Place) {
    this.#network = network
    this.#process = process
    this.#place = place
  }

  async listen(host: TransportHost, members: readonly Member[]): Promise<string> {
    if (!this.#process.reaches('listen', false)) return new Promise(() => {})
    this.#endpoint = this.#network.listen(this.#process, host, members, this.#place.addresses)
    return this.#process.reaches('listen', true) ? this.#place.address : new Promise(() => {})
  }

  setMembers(members: readonly Member[]): void {
    if (this.#endpoint !== undefined) this.#network.setMembers(this.#endpoint, members)
  }

  send(peer: NodeId, frame: Frame): void {
    const endpoint = this.#endpoint
    if (endpoint === undefined || !this.#process.reaches('send', false)) return
    const link = endpoint.links.get(peer)
    if (link?.isUp === true) {
      // What is said to nobody has not been said.
      this.#network.observer.sent(endpoint.id, peer, frame)
      link.send(frame)
      this.#network.afterSend?.(endpoint.id, peer, frame)
    }
    this.#process.reaches('send', true)
  }

  async close(): Promise<void> {
    if (!this.#process.reaches('hang-up', false)) return new Promise(() => {})
    this.crashed()
    if (!this.#process.reaches('hang-up', true)) return new Promise(() => {})
  }

  /** The process is gone, whether it said so or not. */
  crashed(): void {
    if (this.#endpoint !== undefined) this.#network.gone(this.#endpoint)
  }
}
