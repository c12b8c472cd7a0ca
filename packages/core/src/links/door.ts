// A knock on a connection: what comes in waits, a few messages at most, until the node takes it.
import type { NodeId } from '../consensus/types.js'
import type { Knock } from '../ports/transport.js'
import type { Connection } from './connection.js'
import { withLength } from './frame-reader.js'

/** In a dialogue each waits for the other: more is no dialogue. */
const WAITING_MAX = 4

export class Door implements Knock {
  readonly #connection: Connection
  readonly #closing: () => void
  #waiting: Uint8Array[] = []
  #taker: ((message: Uint8Array | undefined) => void) | undefined
  #over = false

  /** `closing`: this end is done with it, the connection is to go. */
  constructor(connection: Connection, closing: () => void) {
    this.#connection = connection
    this.#closing = closing
  }

  get peer(): NodeId | undefined {
    return this.#connection.peer
  }

  get origin(): string {
    return this.#connection.peer ?? this.#connection.origin ?? this.#connection.remote
  }

  /** A whole message has come in. */
  push(message: Uint8Array): void {
    if (this.#over) return
    const taker = this.#taker
    this.#taker = undefined
    if (taker !== undefined) return taker(message)
    if (this.#waiting.push(message) > WAITING_MAX) this.close()
  }

  /** The connection is gone, or is of no use. What has come in before is still there to be taken. */
  ended(): void {
    this.#over = true
    this.#taker?.(undefined)
    this.#taker = undefined
  }

  send(message: Uint8Array): void {
    if (!this.#over) this.#connection.write(withLength([message], message.length))
  }

  receive(): Promise<Uint8Array | undefined> {
    const message = this.#waiting.shift()
    if (message !== undefined || this.#over) return Promise.resolve(message)
    return new Promise((resolve) => {
      this.#taker = resolve
    })
  }

  close(): void {
    if (this.#over) return
    this.#waiting = []
    this.ended()
    this.#closing()
  }
}
