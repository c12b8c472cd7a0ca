// A knock in virtual time: two ends, each message in a turn of its own.
import type { NodeId } from '../../../src/consensus/types.js'
import type { Knock } from '../../../src/ports/transport.js'
import type { World } from './world.js'

class End implements Knock {
  readonly peer = undefined
  readonly origin: string
  readonly #send: (message: Uint8Array | undefined) => void
  #waiting: Uint8Array[] = []
  #taker: ((message: Uint8Array | undefined) => void) | undefined
  #over = false

  constructor(origin: string, send: (message: Uint8Array | undefined) => void) {
    this.origin = origin
    this.#send = send
  }

  send(message: Uint8Array): void {
    if (!this.#over) this.#send(message.slice())
  }

  arrive(message: Uint8Array | undefined): void {
    if (this.#over) return
    if (message === undefined) this.#over = true
    const taker = this.#taker
    this.#taker = undefined
    if (taker !== undefined) taker(message)
    else if (message !== undefined) this.#waiting.push(message)
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
    this.#send(undefined)
    this.arrive(undefined)
    this.#waiting = []
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
