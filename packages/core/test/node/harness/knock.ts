// A knock in virtual time: two ends, each message in a turn of its own.
import type { NodeId } from '../../../src/consensus/types.js'
import { Mailbox } from '../../../src/links/mailbox.js'
import type { Knock } from '../../../src/ports/transport.js'
import type { World } from './world.js'

class End implements Knock {
  readonly peer = undefined
  readonly origin: string
  readonly #send: (message: Uint8Array | undefined) => void
  readonly #mailbox = new Mailbox()

  constructor(origin: string, send: (message: Uint8Array | undefined) => void) {
    this.origin = origin
    this.#send = send
  }

  send(message: Uint8Array): void {
    if (!this.#mailbox.isOver) this.#send(message.slice())
  }

  arrive(message: Uint8Array | undefined): void {
    if (message === undefined) this.#mailbox.end()
    else this.#mailbox.put(message)
  }

  receive(): Promise<Uint8Array | undefined> {
    return this.#mailbox.take()
  }

  close(): void {
    if (this.#mailbox.isOver) return
    this.#send(undefined)
    this.#mailbox.close()
  }
}

/** `isThere`: whether `to` hears it now. `sent` is told of every message. */
export function knockPair(
  world: World,
  from: NodeId,
  to: NodeId,
  isThere: (to: NodeId) => boolean,
  sent: (message: Uint8Array) => void,
): [Knock, Knock] {
  const way = (target: NodeId, end: () => End) => (message: Uint8Array | undefined) => {
    if (message !== undefined) sent(message)
    world.nextTurn(() => isThere(target) && end().arrive(message))
  }
  const mine: End = new End(
    to,
    way(to, () => theirs),
  )
  const theirs: End = new End(
    from,
    way(from, () => mine),
  )
  return [mine, theirs]
}
