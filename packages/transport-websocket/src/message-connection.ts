// A WebSocket as a Connection: messages are slices of a stream of bytes, where they are cut means nothing.
import type { Connection, ConnectionEvents } from '@riverraft/core/links'
import { WebSocket } from 'ws'
import { messagesOf } from './messages.js'

/** In the socket's buffer: beyond it, write no more. What node itself uses for a TCP socket. */
const BUFFERED_BYTES_MAX = 64 * 1024

/** RFC 6455 §7.4.1: it cannot accept the type of data it has received. */
const UNSUPPORTED_DATA = 1003

const BINARY = { binary: true, compress: false, fin: true } as const

export class MessageConnection implements Connection {
  /** A WebSocket does not say who is at its other end: the hello does. */
  readonly peer = undefined
  readonly remote: string
  readonly origin: string
  readonly #ws: WebSocket
  #events: ConnectionEvents | undefined
  #error: Error | undefined
  /** Messages handed to ws and not yet to the operating system. */
  #unsent = 0
  #blocked = false
  #ended = false

  constructor(ws: WebSocket, remote: string, origin: string = remote) {
    this.#ws = ws
    this.remote = remote
    this.origin = origin
    // Until start; ws would hand messages to nobody.
    ws.pause()
    // From the first moment: an error that nobody listens to would end the process.
    ws.on('error', (error) => {
      this.#error = error
    })
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    const ws = this.#ws
    ws.on('message', (data, isBinary) => {
      if (this.#ended) return
      // binaryType is 'nodebuffer', the default: one Buffer, which is ours.
      if (isBinary) events.data(data as Buffer)
      else this.#refuseText()
    })
    ws.on('close', (code, reason) => this.#closed(this.#error?.message ?? reasonOf(code, reason)))
    ws.resume()
    // It may have been lost between being connected and being started.
    if (ws.readyState === WebSocket.CLOSED) queueMicrotask(() => this.#closed('closed by the peer'))
  }

  write(pieces: readonly Uint8Array[]): boolean {
    const ws = this.#ws
    if (ws.readyState !== WebSocket.OPEN) return true
    for (const message of messagesOf(pieces)) {
      this.#unsent++
      ws.send(message, BINARY, this.#sent)
    }
    this.#blocked = ws.bufferedAmount > BUFFERED_BYTES_MAX
    return !this.#blocked
  }

  end(): void {
    this.#ws.close()
  }

  abort(): void {
    this.#ended = true
    this.#ws.terminate()
  }

  /** ws has no drain event. The callback of the last message says the same: the operating system has it all. */
  readonly #sent = (): void => {
    this.#unsent--
    if (this.#unsent > 0 || !this.#blocked || this.#ended) return
    this.#blocked = false
    this.#events?.drain()
  }

  #closed(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#events?.closed(reason)
  }

  #refuseText(): void {
    this.#ws.close(UNSUPPORTED_DATA, 'binary messages only')
    this.#closed('a text message, which is not ours')
    this.#ws.terminate()
  }
}

function reasonOf(code: number, reason: Buffer): string {
  return reason.length === 0
    ? `closed by the peer (${code})`
    : `closed by the peer (${code} ${reason.toString()})`
}
