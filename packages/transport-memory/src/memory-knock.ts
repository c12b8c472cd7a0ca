// A knock inside this process: two ends, each message in a turn of its own, with the faults of the links between the two nodes.
import type { Knock, NodeId } from '@riverraft/core'
import type { LinkContext } from './link.js'
import { Wire } from './wire.js'

/** In a dialogue each waits for the other: more is no dialogue. */
const WAITING_MAX = 4

export class MemoryKnock implements Knock {
  readonly peer = undefined
  readonly origin: string
  readonly #network: LinkContext
  readonly #way: readonly [from: NodeId, to: NodeId]
  readonly #wire: Wire
  readonly #ended: () => void
  #other: MemoryKnock | undefined
  #waiting: Uint8Array[] = []
  #taker: ((message: Uint8Array | undefined) => void) | undefined
  #over = false

  private constructor(
    network: LinkContext,
    way: readonly [NodeId, NodeId],
    ended: (knock: MemoryKnock) => void,
  ) {
    this.#network = network
    this.#way = way
    this.origin = way[1]
    this.#wire = new Wire(network.turns)
    this.#ended = () => ended(this)
  }

  /** The end of `from`, and the end of `to`. */
  static pair(
    network: LinkContext,
    [from, fromEnded]: readonly [NodeId, (knock: MemoryKnock) => void],
    [to, toEnded]: readonly [NodeId, (knock: MemoryKnock) => void],
  ): [MemoryKnock, MemoryKnock] {
    const mine = new MemoryKnock(network, [from, to], fromEnded)
    const theirs = new MemoryKnock(network, [to, from], toEnded)
    mine.#other = theirs
    theirs.#other = mine
    return [mine, theirs]
  }

  send(message: Uint8Array): void {
    const bytes = message.slice()
    this.#carry((other) => other.#arrive(bytes))
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
    this.#carry((other) => other.#end())
    this.#end()
  }

  /** What is on its way when the link is cut is lost, and so is what is said meanwhile: the other end waits in vain. */
  #carry(arrive: (other: MemoryKnock) => void): void {
    const { cut, delay } = this.#network.faults(...this.#way)
    const other = this.#other
    if (this.#over || cut || other === undefined) return
    this.#wire.carry(delay, () => this.#network.faults(...this.#way).cut || arrive(other))
  }

  #arrive(message: Uint8Array): void {
    if (this.#over) return
    const taker = this.#taker
    this.#taker = undefined
    if (taker !== undefined) taker(message)
    else if (this.#waiting.push(message) > WAITING_MAX) this.close()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#taker?.(undefined)
    this.#taker = undefined
    this.#ended()
  }
}
