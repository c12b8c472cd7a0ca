// One direction between two nodes: a connection that `endpoint` dials and its frames travel on. It dials for ever.
import type { Frame, NodeId } from '@riverraft/core'
import type { Endpoint, Network } from './network.js'
import type { Parcel } from './parcel.js'
import { SendQueue } from './send-queue.js'

const REDIAL_MS_MIN = 10
const REDIAL_MS_MAX = 500
const CONNECT_TIMEOUT_MS = 400
/** Frames that a clogged link holds; more are dropped, as a bounded queue must. */
const CLOGGED_MAX = 1_000

export class Link {
  readonly network: Network
  readonly endpoint: Endpoint
  readonly peer: NodeId
  readonly address: string
  /** The process at the other end, while up. */
  #target: Endpoint | undefined
  /** Grows with every connection: what began under an older number counts no more. */
  #epoch = 0
  #redialMs = REDIAL_MS_MIN
  #clogged: Parcel[] = []
  #lastArrival = 0
  /** Grows with every connection that takes with it what is under way. */
  #losses = 0
  readonly #queue = new SendQueue()

  constructor(network: Network, endpoint: Endpoint, peer: NodeId, address: string) {
    this.network = network
    this.endpoint = endpoint
    this.peer = peer
    this.address = address
  }

  get isUp(): boolean {
    return this.#target !== undefined
  }

  /** Hello there, hello back; any of it may get lost. */
  dial(): void {
    const epoch = ++this.#epoch
    const { network, endpoint, peer, address } = this
    const { id, host, process } = endpoint
    const retry = (): void => this.#redial(epoch)
    network.world.after(CONNECT_TIMEOUT_MS, () => {
      if (this.#target === undefined) retry()
    })
    network.world.after(network.latency(), () => {
      if (epoch !== this.#epoch || !process.alive) return
      const target = network.reached(id, peer, address)
      if (target === undefined || !network.isOpen(id, target.id)) return
      const hello = host.hello(peer)
      target.process.run(() => {
        const refusal = target.host.admit(hello)
        network.observer.greeted(id, target.id, hello, refusal)
        const answer = target.host.hello(id)
        network.world.after(network.latency(), () => {
          if (!network.isOpen(target.id, id)) return
          process.run(() => {
            if (epoch !== this.#epoch || !target.open) return retry()
            if (refusal !== undefined) {
              host.refused(peer, refusal)
              return retry()
            }
            if (answer.from !== peer || host.admit(answer) !== undefined) return retry()
            // It has hung up meanwhile: it knows this one no more (seed 5491).
            if (!target.links.has(id)) return retry()
            this.#connected(target)
          })
        })
      })
    })
  }

  #connected(target: Endpoint): void {
    this.#target = target
    this.#redialMs = REDIAL_MS_MIN
    this.network.observer.linkUp(this.endpoint.id, target.id)
    this.endpoint.host.linkUp(this.peer)
  }

  #redial(epoch: number): void {
    if (epoch !== this.#epoch || !this.endpoint.open) return
    this.network.world.after(this.#redialMs, () => {
      if (epoch === this.#epoch && this.endpoint.open) this.dial()
    })
    this.#redialMs = Math.min(this.#redialMs * 2, REDIAL_MS_MAX)
  }

  /** Hands the frame to the network, or queues it while the connection takes no more. */
  send(frame: Frame): void {
    if (this.#target === undefined) return
    const { network, endpoint, peer } = this
    if (!network.isCongested(endpoint.id, peer)) return network.carry(this, frame)
    network.world.coverage.hit(`network: ${this.#queue.push(frame)} by back-pressure`)
    this.#reportPressure()
  }

  /** The connection takes frames again. */
  drain(): void {
    for (const frame of this.#queue.take()) if (this.#target !== undefined) this.network.carry(this, frame)
    this.#reportPressure()
  }

  /** Not from within `send`: the port forbids it. */
  #reportPressure(): void {
    const high = this.#queue.pressure()
    if (high === undefined) return
    this.network.world.coverage.hit(`network: pressure ${high ? 'high' : 'low'}`)
    this.endpoint.process.nextTurn(() => {
      if (this.endpoint.open) this.endpoint.host.pressure(this.peer, high)
    })
  }

  deliverAfter(ms: number, parcel: Parcel): void {
    const { network, endpoint, peer } = this
    const target = this.#target
    if (target === undefined) return
    const losses = this.#losses
    const at = network.world.now + ms
    if (at < this.#lastArrival) network.world.coverage.hit('network: reorder')
    else this.#lastArrival = at
    network.world.at(at, () => {
      if (!target.open) return
      if (losses !== this.#losses) return network.world.coverage.hit('network: lost with its connection')
      if (this.#target !== target) network.world.coverage.hit('network: arrives after its connection')
      if (!network.isOpen(endpoint.id, target.id))
        return network.world.coverage.hit('network: lost in a partition')
      if (network.isClogged(endpoint.id, peer) && this.#target === target) {
        if (this.#clogged.length < CLOGGED_MAX) this.#clogged.push(parcel)
        return network.world.coverage.hit('network: clog')
      }
      target.process.run(() => target.host.receive(endpoint.id, parcel.open()))
    })
  }

  unclog(): void {
    const parcels = this.#clogged
    this.#clogged = []
    for (const parcel of parcels) this.deliverAfter(0, parcel)
  }

  /** The connection breaks. What is under way still arrives, or all of it is lost: nobody here will know. */
  reset(reason: string): void {
    if (this.#target === undefined) return
    this.#target = undefined
    this.#clogged = []
    if (this.network.world.tapes.network.below(2) === 1) this.#losses++
    this.#queue.take()
    this.#reportPressure()
    this.endpoint.process.nextTurn(() => {
      if (!this.endpoint.open) return
      this.endpoint.host.linkDown(this.peer, reason)
      this.#redial(++this.#epoch)
    })
  }

  /** The process at the other end is gone; news of that take a while. */
  peerGone(peer: Endpoint): void {
    if (this.#target !== peer) return
    this.network.world.after(this.network.latency(), () => {
      if (this.#target === peer) this.reset('closed by the peer')
    })
  }

  close(): void {
    this.#target = undefined
    this.#epoch++
    this.#clogged = []
  }
}
