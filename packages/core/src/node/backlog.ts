// What a leader has appended and cannot let go of yet: uncommitted, not on its own disk, or not applied. Bounded, so that
// neither a lost quorum nor a slow disk nor a slow state machine makes it grow (etcd-io/raft#11, sofa-jraft#550).
import type { State } from '../consensus/index.js'
import type { LogIndex, Term } from '../consensus/types.js'

export interface BacklogLimits {
  /** Entries. */
  readonly pendingProposalsMax: number
  readonly uncommittedBytesMax: number
}

export class Backlog {
  readonly #state: State
  readonly #limits: BacklogLimits
  #term: Term = 0
  /** What this leader appended in this term, oldest first, and where the part begins that is not settled. */
  #appended: { readonly lastIndex: LogIndex; readonly bytes: number }[] = []
  #head = 0
  #bytes = 0

  constructor(state: State, limits: BacklogLimits) {
    this.#state = state
    this.#limits = limits
  }

  /** This node has appended proposals up to `lastIndex` as the leader: `bytes` of log. */
  appended(lastIndex: LogIndex, bytes: number): void {
    this.#settle()
    this.#appended.push({ lastIndex, bytes })
    this.#bytes += bytes
  }

  /** Bytes of this term's proposals that are not settled. */
  get byteLength(): number {
    this.#settle()
    return this.#bytes
  }

  /**
   * True when nothing more may be appended. What was there before counts, not what comes: a large command passes when
   * there is nothing else, and the limit is passed by one block at most.
   */
  get isFull(): boolean {
    const { log, commitIndex, role } = this.#state
    const { pendingProposalsMax, uncommittedBytesMax } = this.#limits
    if (log.lastIndex - commitIndex >= pendingProposalsMax) return true
    if (role.role !== 'leader') return false
    // What was there at the election is not counted: a leader that applies a long log serves meanwhile.
    if (log.lastIndex - Math.max(this.#settled, role.firstIndex) >= pendingProposalsMax) return true
    return this.byteLength >= uncommittedBytesMax
  }

  /** Up to here everything is committed, on this node's disk, and applied: nothing has to stay in memory. */
  get #settled(): LogIndex {
    const { commitIndex, lastApplied, writes } = this.#state
    return Math.min(commitIndex, lastApplied, writes.durableIndex)
  }

  #settle(): void {
    if (this.#state.currentTerm !== this.#term) this.#reset()
    const settled = this.#settled
    while (this.#head < this.#appended.length && this.#appended[this.#head]!.lastIndex <= settled)
      this.#bytes -= this.#appended[this.#head++]!.bytes
    if (this.#head * 2 <= this.#appended.length) return
    this.#appended = this.#appended.slice(this.#head)
    this.#head = 0
  }

  /** Of an earlier term this node is not the leader: what became of its entries is not its to say. */
  #reset(): void {
    this.#term = this.#state.currentTerm
    this.#appended = []
    this.#head = 0
    this.#bytes = 0
  }
}
