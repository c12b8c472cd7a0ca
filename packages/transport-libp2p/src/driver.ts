// Opens and accepts streams of our protocol on a libp2p node.
import type { Libp2p, Connection as Libp2pConnection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Member } from '@riverraft/core'
import type { Connection, DialTarget, LinkDriver } from '@riverraft/core/links'
import { StreamConnection } from './stream-connection.js'

export const PROTOCOL = '/riverraft/1'

/**
 * Streams of one connection in one direction. One is in use; another may be on its way out when it is replaced. The
 * rest is room for a peer that redials faster than its resets arrive.
 */
const STREAMS_MAX = 8

export class Libp2pDriver implements LinkDriver {
  readonly #libp2p: Libp2p
  /** Attempts per member, to alternate between its configured address and those discovered. */
  readonly #attempts = new Map<string, number>()
  #listening = false

  constructor(libp2p: Libp2p) {
    this.#libp2p = libp2p
  }

  async listen(accept: (connection: Connection) => void): Promise<string> {
    const handler = (stream: Stream, connection: Libp2pConnection): void => accept(wrap(stream, connection))
    await this.#libp2p.handle(PROTOCOL, handler, {
      maxInboundStreams: STREAMS_MAX,
      maxOutboundStreams: STREAMS_MAX,
    })
    this.#listening = true
    const [address] = this.#libp2p.getMultiaddrs()
    return address?.toString() ?? `/p2p/${this.#libp2p.peerId}`
  }

  async dial({ id, address }: DialTarget, signal: AbortSignal): Promise<Connection> {
    if (id === undefined) return this.#dialAnybody(multiaddr(address), signal)
    const peer = peerIdFromString(id)
    const existing = this.#newestConnection(peer)
    if (existing !== undefined) return this.#openOnExisting(existing, signal)
    const connection = await this.#libp2p.dial(this.#target({ id, address }, peer), { signal })
    return wrap(await connection.newStream(PROTOCOL, { signal }), connection)
  }

  /** Whoever proves to be there; if the address names a PeerId, nobody else is accepted. */
  async #dialAnybody(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    return this.#openOnExisting(await this.#libp2p.dial(address, { signal }), signal)
  }

  async close(): Promise<void> {
    if (!this.#listening) return
    this.#listening = false
    await this.#libp2p.unhandle(PROTOCOL)
  }

  /** The peer may have connected to us, or another protocol to the peer: one connection serves all. */
  async #openOnExisting(connection: Libp2pConnection, signal: AbortSignal): Promise<Connection> {
    try {
      return wrap(await connection.newStream(PROTOCOL, { signal }), connection)
    } catch (error) {
      // It is open and does not answer: its other end is gone, and as long as it is in the list every dial would get
      // it again.
      if (signal.aborted) connection.abort(new Error('no answer on this connection'))
      throw error
    }
  }

  /** Of several (both ends dialled at once, or one is half dead) the newest is the likeliest to work. */
  #newestConnection(peer: PeerId): Libp2pConnection | undefined {
    return this.#libp2p
      .getConnections(peer)
      .filter(({ status, limits }) => status === 'open' && limits === undefined)
      .sort((a, b) => b.timeline.open - a.timeline.open)[0]
  }

  /** The configured address first, then what discovery and identify know, in turns: either may be out of date. */
  #target(member: Pick<Member, 'id' | 'address'>, peer: PeerId): Multiaddr | PeerId {
    const attempt = this.#attempts.get(member.id) ?? 0
    this.#attempts.set(member.id, attempt + 1)
    return attempt % 2 === 0 ? addressOf(member) : peer
  }
}

/** The member's address with its PeerId, so that nobody else is accepted there. */
export function addressOf(member: Pick<Member, 'id' | 'address'>): Multiaddr {
  const address = multiaddr(member.address)
  const named = address.getComponents().some(({ name }) => name === 'p2p')
  return named ? address : address.encapsulate(`/p2p/${member.id}`)
}

function wrap(stream: Stream, connection: Libp2pConnection): StreamConnection {
  return new StreamConnection(stream, connection.remotePeer.toString(), connection.remoteAddr.toString())
}
