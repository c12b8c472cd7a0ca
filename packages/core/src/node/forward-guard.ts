// A Forward may arrive twice (transports may repeat frames). What was accepted is never refused afterwards: a refusal
// means that its commands are not in the log.
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

/** Remembers the requests of one term: of any earlier one it can no longer tell what was accepted. */
export class ForwardGuard {
  /** Up to here an earlier process of this node may have accepted requests, and nobody remembers which. */
  readonly #recoveredTerm: Term
  #term: Term = 0
  readonly #peers = new Map<NodeId, Map<number, Seen>>()

  constructor(recoveredTerm: Term) {
    this.#recoveredTerm = recoveredTerm
  }

  /**
   * True the first time this request is met: it may be appended, or refused. False for a copy, and for one too old to
   * be sure: the first may have been accepted, so that not even a refusal would be true.
   */
  firstTime(from: NodeId, { term, processId, sequence }: Forward): boolean {
    if (term < this.#term || term <= this.#recoveredTerm) return false
    if (term > this.#term) {
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
      seen = { floor: processId, above: new Set() }
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
