// Opens and accepts TCP sockets.
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Connection, DialTarget, LinkDiagnostic, LinkDriver } from '@riverraft/core/links'
import { type Address, formatAddress, parseDial } from './address.js'
import { SocketConnection } from './socket-connection.js'

export class TcpDriver implements LinkDriver {
  readonly #listenAt: Address
  readonly #onDiagnostic: (diagnostic: LinkDiagnostic) => void
  /** Every socket that is not closed yet, in both directions. */
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(listenAt: Address, onDiagnostic: (diagnostic: LinkDiagnostic) => void) {
    this.#listenAt = listenAt
    this.#onDiagnostic = onDiagnostic
  }

  /** Resolves with what it is bound to. */
  listen(accept: (connection: Connection) => void): Promise<string> {
    const { host, port } = this.#listenAt
    const server = createServer({ noDelay: true }, (socket) => {
      this.#track(socket)
      const { remoteAddress = 'unknown', remotePort = 0 } = socket
      accept(new SocketConnection(socket, formatAddress(remoteAddress, remotePort), remoteAddress))
    })
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.once('listening', () => {
        const bound = server.address() as AddressInfo
        const address = formatAddress(bound.address, bound.port)
        server.off('error', reject)
        // Out of file descriptors: that connection is lost, its owner tries again.
        server.on('error', ({ message }) =>
          this.#onDiagnostic({ peer: undefined, remote: address, reason: `cannot accept: ${message}` }),
        )
        resolve(address)
      })
      // Exclusive: the workers of node's cluster module would share the port, and members would meet the wrong node.
      server.listen({ host, port, exclusive: true })
    })
  }

  dial({ id, address }: DialTarget, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const socket = connect({
        ...parseDial(address, id === undefined ? 'knock' : `member ${id}`),
        noDelay: true,
      })
      this.#track(socket)
      const abort = (): void => {
        socket.destroy()
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      const settled = (): void => signal.removeEventListener('abort', abort)
      socket.once('error', reject)
      socket.once('close', settled)
      socket.once('connect', () => {
        settled()
        resolve(new SocketConnection(socket, address, address))
      })
    })
  }

  async close(): Promise<void> {
    const server = this.#server
    const closed = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => void socket.once('close', resolve)),
    )
    for (const socket of this.#sockets) socket.destroy()
    // The callback comes with an error when it never listened.
    if (server !== undefined) closed.push(new Promise((resolve) => void server.close(() => resolve())))
    await Promise.all(closed)
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}
