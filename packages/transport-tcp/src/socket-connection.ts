// A TCP socket as a Connection.
import type { Socket } from 'node:net'
import type { Connection, ConnectionEvents } from '@riverraft/core/links'

export class SocketConnection implements Connection {
  /** Nobody proves anything on plain TCP: the hello is all there is. */
  readonly peer = undefined
  readonly remote: string
  readonly origin: string
  readonly #socket: Socket
  #error: Error | undefined
  #ended = false

  constructor(socket: Socket, remote: string, origin: string) {
    this.#socket = socket
    this.remote = remote
    this.origin = origin
    // From the first moment: an error that nobody listens to would end the process.
    socket.on('error', (error) => {
      this.#error = error
    })
  }

  start(events: ConnectionEvents): void {
    const socket = this.#socket
    const closed = (): void => {
      if (this.#ended) return
      this.#ended = true
      events.closed(this.#error?.message ?? 'closed by the peer')
    }
    socket.on('drain', () => this.#ended || events.drain())
    // Links are used in one direction: a peer that sends no more is gone.
    socket.on('end', () => {
      closed()
      socket.destroy()
    })
    socket.on('close', closed)
    // Nothing is read before this line; it begins a turn later.
    socket.on('data', (bytes) => this.#ended || events.data(bytes))
    // It may have been lost between being connected and being started.
    if (socket.destroyed) queueMicrotask(closed)
  }

  /**
   * One system call for all pieces (writev), none of them copied. Measured against joining them first, in CPU time: two
   * thirds of it for 64 pieces of 1 KB (15 against 22 µs), half for 4 KB and more, half as much again for 300 bytes
   * (9 against 6 µs); and many small pieces come only from a queue, after the peer was slow.
   */
  write(pieces: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (socket.destroyed || socket.writableEnded) return true
    socket.cork()
    for (const piece of pieces) socket.write(piece)
    socket.uncork()
    return !socket.writableNeedDrain
  }

  end(): void {
    this.#socket.end()
  }

  abort(): void {
    this.#ended = true
    this.#socket.destroy()
  }
}
