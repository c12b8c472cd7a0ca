// All inbound connections: a bounded number that have not said hello, and at most one per peer that has.
import type { NodeId } from '../consensus/types.js'
import type { TransportHost } from '../ports/transport.js'
import type { Connection } from './connection.js'
import { InboundConnection, type InboundEvents } from './inbound-connection.js'
import type { LinkSettings } from './options.js'

export class InboundConnections {
  readonly #host: TransportHost
  readonly #settings: LinkSettings
  readonly #events: InboundEvents
  /** In order of arrival. */
  readonly #pending = new Set<InboundConnection>()
  /** Those that the node has not closed: it bounds their number. */
  readonly #knocking = new Set<InboundConnection>()
  readonly #greeted = new Map<NodeId, InboundConnection>()
  #closed = false

  constructor(
    host: TransportHost,
    settings: LinkSettings,
    isPeer: (id: NodeId) => boolean,
    peerConnected: (id: NodeId) => void,
  ) {
    this.#host = host
    this.#settings = settings
    this.#events = {
      isPeer,
      greeted: (connection, peer) => {
        this.#replace(connection, peer)
        peerConnected(peer)
      },
      knocked: (connection) => {
        this.#pending.delete(connection)
        this.#knocking.add(connection)
      },
      // Whoever does not hang up holds a place among those that have said nothing.
      knockOver: (connection) => {
        if (this.#knocking.delete(connection)) this.#wait(connection)
      },
      gone: (connection, peer, reason) => this.#gone(connection, peer, reason),
    }
  }

  accept(connection: Connection): void {
    if (this.#closed) {
      connection.abort('closed')
      return
    }
    this.#wait(new InboundConnection(connection, this.#host, this.#settings, this.#events))
  }

  #wait(connection: InboundConnection): void {
    this.#pending.add(connection)
    if (this.#pending.size <= this.#settings.pendingInboundMax) return
    // The oldest has had the most time to say hello. Turning away the newest would let silent connections keep
    // everybody else out.
    for (const oldest of this.#pending) {
      this.#pending.delete(oldest)
      this.#drop(oldest, undefined, 'too many connections without a hello')
      break
    }
  }

  /** It is no member any more. */
  hangUp(peer: NodeId): void {
    const connection = this.#greeted.get(peer)
    this.#greeted.delete(peer)
    if (connection !== undefined) this.#drop(connection, peer, 'not a member any more')
  }

  close(): void {
    this.#closed = true
    for (const connection of [...this.#pending, ...this.#knocking, ...this.#greeted.values()])
      connection.close('closed')
    this.#pending.clear()
    this.#knocking.clear()
    this.#greeted.clear()
  }

  /** The newer connection is the one the peer uses: the older may be half dead without knowing it. */
  #replace(connection: InboundConnection, peer: NodeId): void {
    this.#pending.delete(connection)
    const older = this.#greeted.get(peer)
    this.#greeted.set(peer, connection)
    if (older !== undefined) this.#drop(older, peer, 'replaced by a newer connection of the same peer')
  }

  #drop(connection: InboundConnection, peer: NodeId | undefined, reason: string): void {
    connection.close(reason)
    this.#settings.onDiagnostic({ peer, remote: connection.remote, reason })
  }

  #gone(connection: InboundConnection, peer: NodeId | undefined, reason: string): void {
    this.#pending.delete(connection)
    if (this.#knocking.delete(connection)) return
    if (peer !== undefined && this.#greeted.get(peer) === connection) this.#greeted.delete(peer)
    this.#settings.onDiagnostic({ peer, remote: connection.remote, reason })
  }
}
