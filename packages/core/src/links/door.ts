// A knock on a connection.
import type { NodeId } from '../consensus/types.js'
import type { Knock } from '../ports/transport.js'
import type { Connection } from './connection.js'
import { withLength } from './frame-reader.js'
import { Mailbox } from './mailbox.js'

export class Door implements Knock {
  readonly #connection: Connection
  readonly #closing: () => void
  readonly #mailbox = new Mailbox()

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
    if (!this.#mailbox.put(message)) this.close()
  }

  /** The connection is gone, or is of no use. What has come in before is still there to be taken. */
  ended(): void {
    this.#mailbox.end()
  }

  send(message: Uint8Array): void {
    if (!this.#mailbox.isOver) this.#connection.write(withLength([message], message.length))
  }

  receive(): Promise<Uint8Array | undefined> {
    return this.#mailbox.take()
  }

  close(): void {
    if (this.#mailbox.isOver) return
    this.#mailbox.close()
    this.#closing()
  }
}
