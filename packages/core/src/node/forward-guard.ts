// A Forward may arrive twice (transports may repeat frames); its commands must not be appended twice.
import type { NodeId, Term } from '../consensus/types.js'
import type { Forward } from '../wire/messages.js'

/** Sequences remembered above the contiguous part, and processes remembered per peer. */
const SPARSE_MAX = 65_536
const PROCESSES_MAX = 16

interface Seen {
  /** Everything up to here was seen, or is too old to be told apart from what was. */
  floor: number
  /** Seen above the floor. */
  readonly above: Set<number>
}

/** Lives for one term: a Forward names the term it is meant for, so no other term can meet it. */
export class ForwardGuard {
  #term: Term = 0
  readonly #peers = new Map<NodeId, Map<number, Seen>>()

  /** True the first time this request is met in `term`; false for a copy, and for one too old to be sure. */
  firstTime(from: NodeId, { processId, sequence }: Forward, term: Term): boolean {
    if (term !== this.#term) {
      this.#term = term
      this.#peers.clear()
    }
    const seen = this.#seenOf(from, processId)
    if (sequence <= seen.floor || seen.above.has(sequence)) return false
    seen.above.add(sequence)
    if (seen.above.size > SPARSE_MAX) closeGap(seen)
    while (seen.above.delete(seen.floor + 1)) seen.floor++
    return true
  }

  #seenOf(from: NodeId, processId: number): Seen {
    let processes = this.#peers.get(from)
    if (processes === undefined) {
      processes = new Map()
      this.#peers.set(from, processes)
    }
    let seen = processes.get(processId)
    if (seen === undefined) {
      seen = { floor: 0, above: new Set() }
      processes.set(processId, seen)
      if (processes.size > PROCESSES_MAX) processes.delete(processes.keys().next().value!)
    }
    return seen
  }
}

/** A gap that stays open belongs to a lost frame: closed at the price of refusing that frame should it still come. */
function closeGap(seen: Seen): void {
  let least = Number.POSITIVE_INFINITY
  for (const sequence of seen.above) least = Math.min(least, sequence)
  seen.floor = least - 1
}
