// A knock inside this process: two ends, each message in a turn of its own, with the faults of the links between the two nodes.
import type { Knock, NodeId } from '@riverraft/core'
import { Mailbox } from '@riverraft/core/links'
import type { LinkContext } from './link.js'
import { Wire } from './wire.js'

export class MemoryKnock implements Knock {
  readonly peer = undefined
  readonly origin: string
  readonly #network: LinkContext
  readonly #way: readonly [from: NodeId, to: NodeId]
  readonly #wire: Wire
  readonly #ended: () => void
  #other: MemoryKnock | undefined
  readonly #mailbox = new Mailbox()

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
    return this.#mailbox.take()
  }

  close(): void {
    if (this.#mailbox.isOver) return
    this.#carry((other) => other.#end())
    this.#mailbox.close()
    this.#ended()
  }

  /** What is on its way when the link is cut is lost, and so is what is said meanwhile: the other end waits in vain. */
  #carry(arrive: (other: MemoryKnock) => void): void {
    const { cut, delay } = this.#network.faults(...this.#way)
    const other = this.#other
    if (this.#mailbox.isOver || cut || other === undefined) return
    this.#wire.carry(delay, () => this.#network.faults(...this.#way).cut || arrive(other))
  }

  #arrive(message: Uint8Array): void {
    if (!this.#mailbox.put(message)) this.close()
  }

  #end(): void {
    if (this.#mailbox.isOver) return
    this.#mailbox.end()
    this.#ended()
  }
}
