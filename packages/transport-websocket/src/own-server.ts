// An HTTP server for nothing but our upgrades.
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { formatHost, type ListenAddress } from './address.js'
import { PROTOCOL } from './protocol.js'

/** Time for a whole HTTP request: links count only who has got past it. */
const REQUEST_MS_MAX = 3_000
const REQUEST_CHECK_MS = 500

export class OwnServer {
  readonly server: Server
  readonly #sockets = new Set<Socket>()

  constructor() {
    const timeouts = {
      headersTimeout: REQUEST_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      connectionsCheckingInterval: REQUEST_CHECK_MS,
    }
    this.server = createServer({ ...timeouts, noDelay: true }, (_request, response) => {
      response.writeHead(426, { connection: 'close', 'content-type': 'text/plain' })
      response.end(`River Raft: a WebSocket with the sub-protocol ${PROTOCOL} is expected here\n`)
    })
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Resolves with what it is bound to. `failed` hears of connections that could not be accepted. */
  listen({ host, port, path }: ListenAddress, failed: (error: Error) => void): Promise<string> {
    const { server } = this
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.once('listening', () => {
        server.off('error', reject)
        server.on('error', failed)
        const bound = server.address() as AddressInfo
        resolve(`ws://${formatHost(bound.address, bound.port)}${path}`)
      })
      // Exclusive: the workers of node's cluster module would share the port, and members would meet the wrong node.
      server.listen({ host, port, exclusive: true })
    })
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    // The callback comes with an error when it never listened.
    return new Promise((resolve) => void this.server.close(() => resolve()))
  }
}
