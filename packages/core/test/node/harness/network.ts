// A network for nodes in virtual time. Every frame travels as bytes, through the codec that real transports use.
import type { NodeId } from '../../../src/consensus/types.js'
import type { Knock, Member, Transport, TransportHost } from '../../../src/ports/transport.js'
import { decodeFrame, encodeFrame, type Frame } from '../../../src/wire/frame.js'
import type { Hello, HelloRefusal } from '../../../src/wire/hello.js'
import type { PeerMessage } from '../../../src/wire/messages.js'
import { knockPair } from './knock.js'
import type { World } from './world.js'

const RETRY_MS = 20

/** What a test may do with a frame before it travels. */
export type Verdict = 'pass' | 'drop' | 'hold' | 'duplicate'

export interface Sent {
  readonly from: NodeId
  readonly to: NodeId
  readonly frame: Frame
}

/** One end: a node that listens. */
interface End {
  readonly host: TransportHost
  peers: readonly NodeId[]
  readonly up: Set<NodeId>
}

export class Network {
  readonly world: World
  /** Asked for every frame. */
  judge: (sent: Sent) => Verdict = () => 'pass'
  /** Milliseconds a frame takes: 0 arrives in the next turn. */
  delay: () => number = () => 0
  /** How fast a line is: what leaves stands behind what left before, as in a kernel's buffer, however much that is. */
  bytesPerMs: (from: NodeId, to: NodeId) => number = () => Number.POSITIVE_INFINITY
  /** Everything that left a node while its link was up, in order. */
  readonly sent: Sent[] = []
  /** Frames that were held, oldest first. They outlive links and processes, as a very old copy may. */
  held: Sent[] = []
  /** Every message of every knock. */
  readonly knocks: Uint8Array[] = []
  readonly #ends = new Map<NodeId, End>()
  readonly #cuts = new Set<string>()
  /** Until when each line is busy. */
  readonly #busy = new Map<string, number>()

  constructor(world: World) {
    this.world = world
  }

  transport(): Transport {
    let id: NodeId | undefined
    return {
      name: 'test',
      listen: async (host: TransportHost, members: readonly Member[]) => {
        id = host.id
        const peers = members.map((member) => member.id).filter((peer) => peer !== id)
        this.#ends.set(id, { host, peers, up: new Set() })
        this.#connectAll()
        return `test:${id}`
      },
      setMembers: (members) => void (id !== undefined && this.#setPeers(id, members)),
      send: (peer, frame) => void (id !== undefined && this.#send({ from: id, to: peer, frame })),
      knock: (from, address, signal) => this.knock(from, address, signal),
      close: async () => void (id !== undefined && this.unplug(id)),
    }
  }

  /** What `id` says of itself. */
  hello(id: NodeId): Hello {
    return this.#ends.get(id)!.host.hello('')
  }

  /** Somebody says hello to `id`. */
  admit(id: NodeId, hello: Hello): HelloRefusal | undefined {
    return this.#ends.get(id)!.host.admit(hello)
  }

  /** Whom `id` has been told to connect to. */
  peersOf(id: NodeId): readonly NodeId[] {
    return this.#ends.get(id)!.peers
  }

  /** `id` is told something by anybody. */
  receive(id: NodeId, from: NodeId, incarnation: string, messages: readonly PeerMessage[]): void {
    this.#ends.get(id)!.host.receive(from, { group: 0, incarnation, messages: [...messages] })
  }

  /** Addresses are ids here. Whoever is unplugged, or cut off, when a message arrives does not hear it. */
  async knock(from: NodeId, address: NodeId, signal: AbortSignal): Promise<Knock> {
    await new Promise<void>((resolve) => this.world.nextTurn(resolve))
    const end = this.#ends.get(address)
    signal.throwIfAborted()
    if (end?.host.knocked === undefined || this.#isCut(from, address)) throw new Error(`nobody at ${address}`)
    const isThere = (to: NodeId): boolean =>
      this.#ends.get(address) === end && !this.#isCut(to === address ? from : address, to)
    const [mine, theirs] = knockPair(this.world, from, address, isThere, (bytes) => this.knocks.push(bytes))
    end.host.knocked(theirs)
    return mine
  }

  #setPeers(id: NodeId, members: readonly Member[]): void {
    const end = this.#ends.get(id)
    if (end === undefined) return
    end.peers = members.map((member) => member.id).filter((peer) => peer !== id)
    for (const to of end.up) if (!end.peers.includes(to)) end.up.delete(to)
    for (const to of end.peers) this.#connect(id, to)
  }

  /** The node's process is gone for everybody else. */
  unplug(id: NodeId): void {
    if (!this.#ends.delete(id)) return
    for (const [other, end] of this.#ends) if (end.up.has(id)) this.#down(other, id, 'closed by the peer')
  }

  cut(from: NodeId, to: NodeId): void {
    this.#cuts.add(`${from}>${to}`)
    if (this.#ends.get(from)?.up.has(to)) this.#down(from, to, 'cut')
  }

  partition(...groups: readonly (readonly NodeId[])[]): void {
    for (const group of groups)
      for (const other of groups)
        if (group !== other) for (const from of group) for (const to of other) this.cut(from, to)
  }

  heal(): void {
    this.#cuts.clear()
    this.#connectAll()
  }

  /** Delivers what was held, in the given order. */
  release(frames: readonly Sent[] = this.held.splice(0)): void {
    for (const sent of frames) this.#deliver(sent)
  }

  #connectAll(): void {
    for (const [from, end] of this.#ends) for (const to of end.peers) this.#connect(from, to)
  }

  #connect(from: NodeId, to: NodeId): void {
    this.world.nextTurn(() => {
      const end = this.#ends.get(from)
      const peer = this.#ends.get(to)
      if (!end?.peers.includes(to) || !peer || end.up.has(to) || this.#isCut(from, to)) return
      const refusal = peer.host.admit(end.host.hello(to))
      if (refusal !== undefined || end.host.admit(peer.host.hello(from)) !== undefined) {
        if (refusal !== undefined) end.host.refused(to, refusal)
        this.world.wakeAt(this.world.now + RETRY_MS, () => this.#connect(from, to))
      } else {
        end.up.add(to)
        end.host.linkUp(to)
      }
    })
  }

  #down(from: NodeId, to: NodeId, reason: string): void {
    const end = this.#ends.get(from)!
    end.up.delete(to)
    this.world.nextTurn(() => this.#ends.get(from) === end && end.host.linkDown(to, reason))
  }

  #isCut(from: NodeId, to: NodeId): boolean {
    return this.#cuts.has(`${from}>${to}`)
  }

  #send(sent: Sent): void {
    if (!this.#ends.get(sent.from)?.up.has(sent.to)) return
    this.sent.push(sent)
    const verdict = this.judge(sent)
    if (verdict === 'drop') return
    if (verdict === 'hold') return void this.held.push(sent)
    this.#deliver(sent)
    if (verdict === 'duplicate') this.#deliver(sent)
  }

  /** What is under way is lost with the process it was meant for, and survives everything else. */
  #deliver({ from, to, frame }: Sent): void {
    const bytes = joined(encodeFrame(frame).pieces)
    const end = this.#ends.get(to)
    const arrive = (): void => {
      if (end !== undefined && this.#ends.get(to) === end && !this.#isCut(from, to)) {
        end.host.receive(from, decodeFrame(bytes.slice()))
      }
    }
    const delay = this.#onTheLine(from, to, bytes.length) + this.delay()
    if (delay > 0) this.world.wakeAt(this.world.now + delay, arrive)
    else this.world.nextTurn(arrive)
  }

  #onTheLine(from: NodeId, to: NodeId, bytes: number): number {
    const line = `${from}>${to}`
    const ms = bytes / this.bytesPerMs(from, to)
    const until = Math.max(this.world.now, this.#busy.get(line) ?? 0) + ms
    if (ms > 0) this.#busy.set(line, until)
    return ms > 0 ? until - this.world.now : 0
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
