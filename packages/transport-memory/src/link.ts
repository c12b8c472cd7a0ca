// A link: the one connection on which one node's frames travel to one peer. The way back is another link.
import type { Frame, Hello, HelloReply, Member, NodeId, TransportHost } from '@riverraft/core'
import type { Faults } from './faults.js'
import type { Turns } from './turns.js'
import { Wire } from './wire.js'

/** Bytes sent and not yet delivered; a frame beyond it is dropped. */
export const LINK_BYTES_MAX: number = 64 * 1024 * 1024
const PRESSURE_HIGH_BYTES = LINK_BYTES_MAX / 2
const PRESSURE_LOW_BYTES = LINK_BYTES_MAX / 4
/** A refused hello is repeated after a random time below a bound that doubles between these two. */
const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 2_000
/** What a message weighs besides its entries and commands: enough to bound their number too. */
const MESSAGE_BYTES = 64

/** The listening end of links. */
export interface LinkTarget {
  greet(from: NodeId, hello: Hello): HelloReply
  receive(from: NodeId, frame: Frame): void
}

/** What a link needs of the network around it. */
export interface LinkContext {
  readonly turns: Turns
  readonly random: () => number
  at(address: string): LinkTarget | undefined
  faults(from: NodeId, to: NodeId): Faults
}

export function addressOf(member: Member): string {
  return member.address === '' ? member.id : member.address
}

export class Link {
  readonly peer: Member
  readonly address: string
  readonly #network: LinkContext
  readonly #host: TransportHost
  readonly #wire: Wire
  #faults: Faults
  #state: 'down' | 'connecting' | 'up' | 'closed' = 'down'
  /** Exists while up. */
  #target: LinkTarget | undefined
  #retryMs = RETRY_MS_MIN
  #bytes = 0
  #pressed = false

  constructor(network: LinkContext, host: TransportHost, peer: Member) {
    this.peer = peer
    this.address = addressOf(peer)
    this.#network = network
    this.#host = host
    this.#wire = new Wire(network.turns)
    this.#faults = network.faults(host.id, peer.id)
  }

  /** Dials when there is reason to hope: somebody listens now, the link is healed, a refusal is some time ago. */
  connect(): void {
    const target = this.#network.at(this.address)
    if (this.#state !== 'down' || this.#faults.cut || !target) return
    this.#state = 'connecting'
    this.#wire.sever()
    this.#carry(() => {
      const reply = target.greet(this.#host.id, this.#host.hello(this.peer.id))
      this.#carry(() => this.#greeted(target, reply))
    })
  }

  #greeted(target: LinkTarget, reply: HelloReply): void {
    if ('refusal' in reply) {
      this.#retry()
      this.#host.refused(this.peer.id, reply.refusal)
    } else if (reply.hello.from !== this.peer.id || this.#host.admit(reply.hello)) {
      // Somebody else listens there, or somebody this node does not want.
      this.#retry()
    } else {
      this.#state = 'up'
      this.#target = target
      this.#retryMs = RETRY_MS_MIN
      this.#host.linkUp(this.peer.id)
    }
  }

  #retry(): void {
    this.#state = 'down'
    this.#wire.carry(1 + this.#network.random() * this.#retryMs, () => this.connect())
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
  }

  setFaults(faults: Faults): void {
    this.#faults = faults
    if (faults.cut) this.down('cut')
    else this.connect()
  }

  /** Loses what is under way, and tells this side's node if there was a connection. */
  down(reason: string): void {
    if (this.#state === 'closed') return
    const wasUp = this.#state === 'up'
    this.#reset('down')
    if (wasUp) this.#notify((host) => host.linkDown(this.peer.id, reason))
  }

  /** This side's node is gone: its host is not called any more. */
  close(): void {
    this.#reset('closed')
  }

  send(frame: Frame): void {
    if (this.#state !== 'up') return
    const { drop, duplicate } = this.#faults
    if (drop > 0 && this.#network.random() < drop) return
    this.#enqueue(frame)
    if (duplicate > 0 && this.#network.random() < duplicate) this.#enqueue(frame)
  }

  /** Heartbeats are not replaced by newer ones: what waits here waits for the next turn only, or is on its way. */
  #enqueue(frame: Frame): void {
    const bytes = bytesOf(frame)
    if (this.#bytes + bytes > LINK_BYTES_MAX) return
    this.#weigh(bytes)
    this.#carry(() => {
      this.#weigh(-bytes)
      this.#target?.receive(this.#host.id, frame)
    })
  }

  #weigh(bytes: number): void {
    this.#bytes += bytes
    const high = this.#bytes > (this.#pressed ? PRESSURE_LOW_BYTES : PRESSURE_HIGH_BYTES)
    if (high === this.#pressed) return
    this.#pressed = high
    this.#notify((host) => host.pressure(this.peer.id, high))
  }

  #carry(arrive: () => void): void {
    this.#wire.carry(this.#faults.delay, arrive)
  }

  /** Never at once: the caller may be the host itself, or another node's. */
  #notify(call: (host: TransportHost) => void): void {
    this.#network.turns.push(() => {
      if (this.#state !== 'closed') call(this.#host)
    })
  }

  #reset(state: 'down' | 'closed'): void {
    this.#state = state
    this.#wire.sever()
    this.#target = undefined
    this.#weigh(-this.#bytes)
  }
}

/** About what the frame would take on a wire: what it refers to counts, for it cannot be freed before delivery. */
function bytesOf(frame: Frame): number {
  let bytes = 0
  for (const message of frame.messages) {
    bytes += MESSAGE_BYTES
    if (message.type === 'AppendEntries') for (const block of message.entries) bytes += block.byteLength
    if (message.type === 'Forward') for (const command of message.commands) bytes += command.length
  }
  return bytes
}
