// Turns HTTP upgrades at one path, with our sub-protocol, into connections.
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { PROTOCOL, WS_SETTINGS } from './protocol.js'

export interface AcceptorEvents {
  accepted(ws: WebSocket, request: IncomingMessage): void
  refused(request: IncomingMessage, reason: string): void
}

export class Acceptor {
  readonly #server: Server
  readonly #path: string
  readonly #events: AcceptorEvents
  readonly #webSockets = new WebSocketServer({
    ...WS_SETTINGS,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => PROTOCOL,
  })

  constructor(server: Server, path: string, events: AcceptorEvents) {
    this.#server = server
    this.#path = path
    this.#events = events
    server.on('upgrade', this.#upgrade)
  }

  close(): void {
    this.#server.off('upgrade', this.#upgrade)
    this.#webSockets.close()
  }

  readonly #upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const [path] = request.url!.split('?')
    if (path !== this.#path) {
      // Of several who share a server each serves its own path; somebody has to answer for those of nobody.
      if (this.#server.listenerCount('upgrade') === 1)
        this.#refuse(request, socket, 404, `nothing at ${path}`)
      return
    }
    if (!offered(request).includes(PROTOCOL)) {
      this.#refuse(request, socket, 400, `the sub-protocol ${PROTOCOL} is not offered`)
      return
    }
    this.#webSockets.handleUpgrade(request, socket, head, (ws) => this.#events.accepted(ws, request))
  }

  #refuse(request: IncomingMessage, socket: Duplex, status: number, reason: string): void {
    socket.on('error', () => socket.destroy())
    socket.once('finish', () => socket.destroy())
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain`
    socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`)
    this.#events.refused(request, reason)
  }
}

function offered(request: IncomingMessage): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
}
