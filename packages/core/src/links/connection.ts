// What a driver (TCP, WebSocket, libp2p, a test) provides; everything else about links is shared.
import type { NodeId } from '../consensus/types.js'

/** What happens on a connection. Never called from within `start`, `write`, `end` or `abort`. */
export interface ConnectionEvents {
  /** The next bytes, in any slices. They belong to the receiver: the driver must not reuse the memory. */
  data(bytes: Uint8Array): void
  /** What was written has left the driver's buffer, after a `write` that returned false. */
  drain(): void
  /** The connection is gone, whoever ended it. Exactly once, except after `abort`: then never. */
  closed(reason: string): void
}

/** One established duplex byte stream: reliable and in order until it closes. */
export interface Connection {
  /** Who is at the other end, when the driver has proof (a PeerId, a certificate); else undefined. */
  readonly peer: NodeId | undefined
  /** The other end in the driver's notation, for messages. */
  readonly remote: string
  /** What tells one machine from another where nobody proves who it is: its IP address. Default: `remote`. */
  readonly origin?: string
  /** Called once, first. Until then the driver holds back what arrives. */
  start(events: ConnectionEvents): void
  /**
   * Writes the pieces in order, as one batch (corked), without copying more than it must; they are not changed
   * afterwards. Never throws. False: buffered, but write no more before `drain`.
   */
  write(pieces: readonly Uint8Array[]): boolean
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once; what was not sent is lost. No event follows. Also allowed before `start`. */
  abort(reason: string): void
}

/** Whom to connect to. Without an id: whoever listens there. A member is one. */
export interface DialTarget {
  readonly id: NodeId | undefined
  readonly address: string
}

/** Opens connections. One instance serves one node once. */
export interface LinkDriver {
  /**
   * Resolves, when others can connect, with the address they can use.
   * `accept` takes over each connection that comes in, and starts it before it returns.
   */
  listen(accept: (connection: Connection) => void): Promise<string>
  /** Rejects, soon, when `signal` aborts. May be called before `listen`. */
  dial(target: DialTarget, signal: AbortSignal): Promise<Connection>
  /** Stops listening and resolves when no connection is left. Called once, also after a failed `listen`. */
  close(): Promise<void>
}
