// Who sits at the table of a forming cluster, and the list that is fixed when the last seat is taken. No I/O.
import type { Member } from '@riverraft/core'
import { chooseAddresses, hostOf, isLoopback } from './addresses.js'
import { type Ask, type Refused, refused } from './protocol.js'

/** Somebody who may become a member. */
export interface Seat {
  readonly id: string
  /** Where it says it listens. */
  readonly addresses: readonly string[]
  /** True: it runs on the creator's machine. */
  readonly sameMachine: boolean
  /** The host part under which others have reached it or seen it come. */
  readonly seenHost: string | undefined
}

export class Roster {
  readonly #cluster: string
  readonly #size: number
  readonly #creator: string
  readonly #seats = new Map<string, Seat>()
  #members: readonly Member[] | undefined

  constructor(cluster: string, size: number, self: { id: string; addresses: readonly string[] }) {
    this.#cluster = cluster
    this.#size = size
    this.#creator = self.id
    this.#seats.set(self.id, { ...self, sameMachine: true, seenHost: undefined })
    this.#fixWhenFull()
  }

  /** The final list; undefined while seats are free. */
  get members(): readonly Member[] | undefined {
    return this.#members
  }

  /** PeerIds, the creator's first. */
  get present(): readonly string[] {
    return [...this.#seats.keys()]
  }

  /** Takes a seat, or says why not. Asking again changes nothing. */
  ask(from: string, seenAt: string, ask: Ask): Refused | undefined {
    if (ask.cluster !== this.#cluster) {
      return refused('wrong-cluster', `this is cluster "${this.#cluster}", not "${ask.cluster}"`)
    }
    if (this.#members !== undefined) {
      if (this.#members.some(({ id }) => id === from)) return undefined
      return refused('full', `cluster "${this.#cluster}" already has its ${this.#size} members`)
    }
    const seats = new Map(this.#seats)
    const creator = seats.get(this.#creator)!
    const seenHost = hostOf(seenAt)
    const sameMachine = isLoopback(seenAt) || creator.addresses.some((own) => hostOf(own) === seenHost)
    seats.set(from, { id: from, addresses: ask.addresses, sameMachine, seenHost })
    if (!sameMachine) seats.set(this.#creator, { ...creator, seenHost: hostOf(ask.dialled) })
    if (chooseAddresses([...seats.values()]) === undefined) {
      return refused(
        'unreachable',
        'members on other machines cannot reach a node that listens on loopback only: use --listen /ip4/0.0.0.0/tcp/0',
      )
    }
    for (const [id, seat] of seats) this.#seats.set(id, seat)
    this.#fixWhenFull()
    return undefined
  }

  /** A seat is held by a living connection only: who has gone makes room, until the list is fixed. */
  leave(id: string): void {
    if (this.#members === undefined) this.#seats.delete(id)
  }

  #fixWhenFull(): void {
    if (this.#seats.size < this.#size) return
    const seats = [...this.#seats.values()]
    const addresses = chooseAddresses(seats) ?? []
    this.#members = seats.map(({ id }, at) => ({ id, address: addresses[at]!, role: 'voter' }))
  }
}
