// The simulated network: who listens, which ways are open, what the weather is, and every frame under way.
import { type Frame, isHeartbeatFrame, type Member, type NodeId, type TransportHost } from '@riverraft/core'
import type { Process } from '../world/process.js'
import type { World } from '../world/world.js'
import { Link } from './link.js'
import { asBytes, byReference, damage, type Parcel } from './parcel.js'
import { CALM, FATES, fateWeights, type Weather } from './weather.js'

/** A process that listens. */
export interface Endpoint {
  readonly id: NodeId
  readonly process: Process
  readonly host: TransportHost
  readonly links: Map<NodeId, Link>
  /** Where it can be reached. */
  readonly addresses: ReadonlySet<string>
  open: boolean
}

/** What a hello says of the disk it is said from, which may have been replaced when it is judged. */
export interface Greeting {
  readonly incarnation: string
  readonly generation: number
}

/** What an observer is told; it may not change anything. */
export interface NetworkObserver {
  /** A frame leaves a node, whatever becomes of it. */
  sent(from: NodeId, to: NodeId, frame: Frame): void
  linkUp(from: NodeId, to: NodeId): void
  /** The receiver's own opinion of a peer that wants to connect. */
  greeted(from: NodeId, by: NodeId, hello: Greeting, refusal: string | undefined): void
}

/** Old copies kept for later. */
const ARCHIVE_MAX = 64
const SPIKE_MS_MAX = 2_000

interface OldCopy {
  readonly from: NodeId
  readonly to: NodeId
  readonly parcel: Parcel
  readonly sentAt: number
}

export class Network {
  readonly world: World
  readonly observer: NetworkObserver
  /** True: every frame goes through the codec. */
  readonly encodes: boolean
  /** Told when a frame has been given to a link: whoever waits for his moment. */
  afterSend: ((from: NodeId, to: NodeId, frame: Frame) => void) | undefined
  readonly #endpoints = new Map<NodeId, Endpoint>()
  readonly #blocked = new Set<string>()
  readonly #clogged = new Set<string>()
  readonly #congested = new Set<string>()
  #archive: OldCopy[] = []
  #weather: Weather = CALM
  #weights = fateWeights(CALM)

  constructor(world: World, observer: NetworkObserver, encodes: boolean) {
    this.world = world
    this.observer = observer
    this.encodes = encodes
  }

  get weather(): Weather {
    return this.#weather
  }

  set weather(weather: Weather) {
    this.#weather = weather
    this.#weights = fateWeights(weather)
  }

  listen(
    process: Process,
    host: TransportHost,
    members: readonly Member[],
    addresses: ReadonlySet<string>,
  ): Endpoint {
    const links = new Map<NodeId, Link>()
    const endpoint: Endpoint = { id: host.id, process, host, links, addresses, open: true }
    for (const { id, address } of members)
      if (id !== host.id) links.set(id, new Link(this, endpoint, id, address))
    this.#endpoints.set(host.id, endpoint)
    for (const link of links.values()) link.dial()
    return endpoint
  }

  setMembers(endpoint: Endpoint, members: readonly Member[]): void {
    const addresses = new Map(members.map(({ id, address }) => [id, address]))
    for (const [id, link] of endpoint.links) {
      if (addresses.get(id) === link.address) continue
      link.close()
      endpoint.links.delete(id)
      // Hung up on, the connection that it has dialled, too; one at a new address may go on with that.
      if (addresses.has(id)) this.world.coverage.hit('network: dialled at a new address')
      else this.#endpoints.get(id)?.links.get(endpoint.id)?.peerGone(endpoint)
    }
    for (const [id, address] of addresses) {
      if (id === endpoint.id || endpoint.links.has(id)) continue
      const link = new Link(this, endpoint, id, address)
      endpoint.links.set(id, link)
      link.dial()
    }
  }

  /** The process closed its transport, or died: connections to it end, sooner or later. */
  gone(endpoint: Endpoint): void {
    if (!endpoint.open) return
    endpoint.open = false
    for (const link of endpoint.links.values()) link.close()
    if (this.#endpoints.get(endpoint.id) === endpoint) this.#endpoints.delete(endpoint.id)
    for (const other of this.#endpoints.values()) other.links.get(endpoint.id)?.peerGone(endpoint)
  }

  endpoint(id: NodeId): Endpoint | undefined {
    return this.#endpoints.get(id)
  }

  /** Whom a dial to `to` reaches: nearly always `to`, if that is where it is. */
  reached(from: NodeId, to: NodeId, address: string): Endpoint | undefined {
    if (!this.world.tapes.network.chance(this.#weather.misdirect)) {
      const endpoint = this.#endpoints.get(to)
      return endpoint?.addresses.has(address) === true ? endpoint : undefined
    }
    const others = [...this.#endpoints.values()].filter(({ id }) => id !== to && id !== from)
    if (others.length === 0) return undefined
    this.world.coverage.hit('network: misdirected connection')
    return others[this.world.tapes.network.below(others.length)]
  }

  block(from: NodeId, to: NodeId): void {
    this.#blocked.add(`${from}>${to}`)
  }

  unblock(): void {
    this.#blocked.clear()
  }

  isOpen(from: NodeId, to: NodeId): boolean {
    return this.#blocked.size === 0 || !this.#blocked.has(`${from}>${to}`)
  }

  /** Frames from `from` to `to` wait until `unclog`, then arrive all at once. */
  clog(from: NodeId, to: NodeId): void {
    this.#clogged.add(`${from}>${to}`)
  }

  unclog(): void {
    this.#clogged.clear()
    for (const endpoint of this.#endpoints.values()) for (const link of endpoint.links.values()) link.unclog()
  }

  isClogged(from: NodeId, to: NodeId): boolean {
    return this.#clogged.size > 0 && this.#clogged.has(`${from}>${to}`)
  }

  /** The connection from `from` to `to` takes no more until `decongest`: frames queue at the sender. */
  congest(from: NodeId, to: NodeId): void {
    this.#congested.add(`${from}>${to}`)
  }

  decongest(): void {
    this.#congested.clear()
    for (const endpoint of this.#endpoints.values()) for (const link of endpoint.links.values()) link.drain()
  }

  isCongested(from: NodeId, to: NodeId): boolean {
    return this.#congested.size > 0 && this.#congested.has(`${from}>${to}`)
  }

  latency(): number {
    const { latencyMs, jitterMs } = this.#weather
    if (jitterMs === 0) return latencyMs
    const part = this.world.tapes.network.below(256) / 256
    return latencyMs + jitterMs * part * part
  }

  /** A link gives a frame to the network. */
  carry(link: Link, frame: Frame): void {
    const { network: tape } = this.world.tapes
    const { coverage } = this.world
    const fate = FATES[tape.pick(this.#weights) - 1]
    const parcel = this.encodes ? asBytes(frame) : byReference(frame)
    switch (fate) {
      case 'drop':
        return coverage.hit('network: drop')
      case 'corrupt':
        return this.#corrupt(link, frame)
      case 'reset':
        coverage.hit('network: connection reset')
        link.deliverAfter(this.latency(), parcel)
        return link.reset('reset by the network')
      case 'duplicate':
        coverage.hit('network: duplicate')
        link.deliverAfter(this.latency() + tape.fraction() * 50, parcel)
        break
      case 'spike':
        coverage.hit('network: delay')
        return link.deliverAfter(this.latency() + tape.fraction() * SPIKE_MS_MAX, parcel)
      case 'keepOld':
        // Most frames are heartbeats, and an old one does little harm.
        if (!isHeartbeatFrame(frame)) this.#keep(link, parcel)
        break
      default:
        fate satisfies undefined
    }
    link.deliverAfter(this.latency(), parcel)
  }

  #keep(link: Link, parcel: Parcel): void {
    this.#archive.push({ from: link.endpoint.id, to: link.peer, parcel, sentAt: this.world.now })
    if (this.#archive.length > ARCHIVE_MAX) this.#archive.shift()
  }

  #corrupt(link: Link, frame: Frame): void {
    const verdict = damage(frame, this.world.tapes.network)
    if (typeof verdict === 'object') return this.world.fail('corrupted-frames-are-refused', verdict.wrong)
    this.world.coverage.hit(`network: corrupted frame, ${verdict} by the codec`)
    link.reset('a corrupted frame')
  }

  /** Delivers copies of frames sent long ago, to whoever listens there now. */
  replayOld(count: number): void {
    const { network: tape } = this.world.tapes
    for (let i = 0; i < count && this.#archive.length > 0; i++) {
      const { from, to, parcel, sentAt } = this.#archive[tape.below(this.#archive.length)]!
      const target = this.#endpoints.get(to)
      if (target === undefined || this.world.now - sentAt < 1_000) continue
      this.world.coverage.hit('network: very old copy')
      target.process.run(() => target.host.receive(from, parcel.open()))
    }
  }
}
