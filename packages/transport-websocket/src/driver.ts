// Opens and accepts WebSockets.
import type { IncomingMessage, Server } from 'node:http'
import { type SecureContextOptions, Server as SecureServer } from 'node:tls'
import type { Connection, DialTarget, LinkDiagnostic, LinkDriver } from '@riverraft/core/links'
import { WebSocket } from 'ws'
import { Acceptor } from './acceptor.js'
import { formatHost, type ListenAddress } from './address.js'
import { MessageConnection } from './message-connection.js'
import { OwnServer } from './own-server.js'
import { PROTOCOL, WS_SETTINGS } from './protocol.js'

/** An address of our own, or a path on somebody's server. */
export type Place = ListenAddress | { readonly server: Server; readonly path: string }

export interface DriverOptions {
  readonly place: Place
  readonly tls: SecureContextOptions
  readonly onDiagnostic: (diagnostic: LinkDiagnostic) => void
}

export class WebSocketDriver implements LinkDriver {
  readonly #options: DriverOptions
  /** Every WebSocket that is not closed yet, in both directions. */
  readonly #webSockets = new Set<WebSocket>()
  #ownServer: OwnServer | undefined
  #acceptor: Acceptor | undefined

  constructor(options: DriverOptions) {
    this.#options = options
  }

  /** Resolves with what it is bound to. */
  async listen(accept: (connection: Connection) => void): Promise<string> {
    const { place } = this.#options
    if ('server' in place) {
      const address = addressOf(place.server, place.path)
      this.#accept(place.server, place.path, accept)
      return address
    }
    const own = new OwnServer()
    this.#ownServer = own
    own.server.on('clientError', (error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
      else socket.destroy()
      this.#diagnose(
        'remoteAddress' in socket ? `${socket.remoteAddress}` : 'unknown',
        `no HTTP: ${error.message}`,
      )
    })
    this.#accept(own.server, place.path, accept)
    return own.listen(place, (error) => this.#diagnose(place.host, `cannot accept: ${error.message}`))
  }

  dial({ address }: DialTarget, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const ws = new WebSocket(address, [PROTOCOL], { ...this.#options.tls, ...WS_SETTINGS })
      this.#track(ws)
      const abort = (): void => {
        ws.terminate()
        reject(signal.reason)
      }
      signal.addEventListener('abort', abort, { once: true })
      const settled = (): void => signal.removeEventListener('abort', abort)
      ws.on('error', reject)
      ws.once('close', settled)
      ws.once('open', () => {
        settled()
        resolve(new MessageConnection(ws, address))
      })
    })
  }

  async close(): Promise<void> {
    this.#acceptor?.close()
    const closed = [...this.#webSockets].map(
      (ws) => new Promise<void>((resolve) => void ws.once('close', () => resolve())),
    )
    for (const ws of this.#webSockets) ws.terminate()
    await Promise.all([...closed, this.#ownServer?.close()])
  }

  #accept(server: Server, path: string, accept: (connection: Connection) => void): void {
    this.#acceptor = new Acceptor(server, path, {
      accepted: (ws, request) => {
        this.#track(ws)
        accept(new MessageConnection(ws, remoteOf(request), request.socket.remoteAddress))
      },
      refused: (request, reason) => this.#diagnose(remoteOf(request), reason),
    })
  }

  #track(ws: WebSocket): void {
    this.#webSockets.add(ws)
    ws.once('close', () => this.#webSockets.delete(ws))
  }

  #diagnose(remote: string, reason: string): void {
    this.#options.onDiagnostic({ peer: undefined, remote, reason })
  }
}

function remoteOf({ socket }: IncomingMessage): string {
  return formatHost(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
}

/** @throws Error when the server does not listen */
function addressOf(server: Server, path: string): string {
  const bound = server.address()
  if (bound === null) throw new Error('the server does not listen yet: start it first')
  const scheme = server instanceof SecureServer ? 'wss' : 'ws'
  const host = typeof bound === 'string' ? bound : formatHost(bound.address, bound.port)
  return `${scheme}://${host}${path}`
}
