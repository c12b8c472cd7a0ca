// H: what the checkers remember of a whole run, across crashes. Nobody inside the cluster can see or forget it.
import type { EntryBlock, LogIndex, Member, NodeId, SnapshotMetadata, Term } from '@riverraft/core'
import { hashBytes } from '../world/trace.js'
import type { ChangeCall } from './change-call.js'
import { Configurations, type KnownConfiguration } from './configurations.js'
import { NodeView } from './node-view.js'
import { SessionModel, type Verdict } from './session-model.js'

/** The one entry of an index and term. */
export interface KnownEntry {
  readonly hash: number
  readonly kind: number
  readonly payload: Uint8Array
  readonly timestamp: number
  /** Its place in a client session; sessionId 0: none. */
  readonly sessionId: number
  readonly sequence: number
  readonly acknowledgedBelow: number
  /** The term of the entry before it. */
  readonly previousTerm: Term
}

export interface CommittedEntry {
  readonly term: Term
  /** The term of the server that was first to commit it. */
  readonly inTerm: Term
}

/** What the checkers may know of the run besides what happens in it. */
export interface Circumstances {
  /** World time in milliseconds. */
  readonly now: () => number
  /** Lease reads are on: voters keep their promises across restarts. */
  readonly leases: boolean
}

/** A snapshot that became durable somewhere. */
export interface SavedSnapshot {
  readonly node: NodeId
  readonly metadata: SnapshotMetadata
  readonly content: readonly Uint8Array[]
}

export class History {
  readonly circumstances: Circumstances
  readonly configurations: Configurations
  /** All calls of changeMembership. */
  readonly calls: ChangeCall[] = []
  readonly leaders: Map<Term, NodeId> = new Map()
  /** The log of each term's leader, as terms: it only grows. */
  readonly leaderLogs: Map<Term, Term[]> = new Map()
  /** From index 1. Written once. */
  readonly committed: CommittedEntry[] = []
  /** Of those with the same content the first. */
  readonly snapshots: Map<string, SavedSnapshot> = new Map()
  /** The highest index that was acknowledged to a client. */
  acknowledged: LogIndex = 0
  readonly #entries = new Map<number, KnownEntry>()
  readonly #seenBlocks = new WeakSet<EntryBlock>()
  readonly #sessions = new SessionModel()
  /** What becomes of each committed entry, as far as somebody has asked: position 0 is index 1. */
  readonly #verdicts: Verdict[] = []
  readonly #judged: (verdict: Verdict) => void
  readonly #views = new Map<NodeId, NodeView>()

  /** `ids`: the servers that the cluster begins with. `judged` is told what becomes of each committed entry, once. */
  constructor(
    ids: readonly NodeId[],
    judged: (verdict: Verdict) => void,
    circumstances: Circumstances = { now: () => 0, leases: false },
  ) {
    this.#judged = judged
    this.circumstances = circumstances
    this.configurations = new Configurations(ids.map((id): Member => ({ id, address: id, role: 'voter' })))
    for (const id of ids) this.newcomer(id)
  }

  /** By id the present one. */
  get views(): ReadonlyMap<NodeId, NodeView> {
    return this.#views
  }

  view(id: NodeId): NodeView {
    return this.#views.get(id)!
  }

  /** A server with an empty disk. One that had this id before has been removed. */
  newcomer(id: NodeId): NodeView {
    const view = new NodeView(id, this.configurations, this.#views.get(id))
    this.#views.set(id, view)
    return view
  }

  /** The newest committed one, up to `index`. */
  committedConfiguration(index: LogIndex = this.committed.length): KnownConfiguration {
    return this.configurations.inForce(index, (at) => this.committed[at - 1]?.term)
  }

  /**
   * What may be in force somewhere now or before long: the newest committed one, and what is in any log behind it. What is
   * not committed and stands before that will be replaced wherever it is.
   */
  get configurationsInPlay(): KnownConfiguration[] {
    const behind = this.configurations.known.filter(({ index }) => index > this.committed.length)
    return [...behind, this.committedConfiguration()]
  }

  /** It is behind the last committed entry, and of an earlier term: in no log that could still lead. */
  isLost({ index, term }: KnownConfiguration): boolean {
    const last = this.committed.at(-1)
    return last !== undefined && index > this.committed.length && term < last.term
  }

  entry(index: LogIndex, term: Term): KnownEntry | undefined {
    return this.#entries.get(key(index, term))
  }

  committedEntry(index: LogIndex): KnownEntry | undefined {
    const committed = this.committed[index - 1]
    return committed && this.entry(index, committed.term)
  }

  saved(node: NodeId, metadata: SnapshotMetadata, content: readonly Uint8Array[]): void {
    let hash = 0
    for (const piece of content) hash = hashBytes(piece, hash)
    const key = `${metadata.index} ${hash}`
    if (!this.snapshots.has(key)) this.snapshots.set(key, { node, metadata, content })
  }

  /** A client was told that its command is applied at `index`. */
  acknowledge(index: LogIndex): void {
    this.acknowledged = Math.max(this.acknowledged, index)
  }

  /** What becomes of the committed entry at `index`. */
  verdict(index: LogIndex): Verdict {
    while (this.#verdicts.length < index) {
      const next = this.#verdicts.length + 1
      const verdict = this.#sessions.judge(next, this.committedEntry(next)!)
      this.#verdicts.push(verdict)
      this.#judged(verdict)
    }
    return this.#verdicts[index - 1]!
  }

  /**
   * Notes the entries of a block from `firstIndex` on, which stand after an entry of `previousTerm`. Returns what
   * contradicts what is known: same index and term must mean same bytes and same predecessor.
   */
  learn(block: EntryBlock, firstIndex: LogIndex, previousTerm: Term | undefined): string | undefined {
    const { term, timestamp, lastIndex, sessionId, acknowledgedBelow } = block
    if (this.#seenBlocks.has(block)) {
      const known = this.entry(firstIndex, term)!
      return this.#contradiction(known, known.hash, previousTerm, firstIndex, term)
    }
    for (const { index, kind, payload } of block.entries()) {
      const previous = index === firstIndex ? previousTerm : index > block.firstIndex ? term : undefined
      const hash = hashBytes(payload, kind)
      const known = this.entry(index, term)
      if (known !== undefined) {
        const wrong = this.#contradiction(known, hash, previous, index, term)
        if (wrong !== undefined) return wrong
      } else if (previous !== undefined) {
        const sequence = sessionId === 0 ? 0 : block.firstSequence + (index - block.firstIndex)
        const session = { sessionId, sequence, acknowledgedBelow }
        this.#entries.set(key(index, term), {
          hash,
          kind,
          payload,
          timestamp,
          previousTerm: previous,
          ...session,
        })
      }
      if (index === lastIndex && firstIndex === block.firstIndex) this.#seenBlocks.add(block)
    }
    return undefined
  }

  #contradiction(
    known: KnownEntry,
    hash: number,
    previousTerm: Term | undefined,
    index: LogIndex,
    term: Term,
  ): string | undefined {
    if (known.hash !== hash) return `entry ${index} of term ${term} has two contents`
    if (previousTerm !== undefined && known.previousTerm !== previousTerm)
      return `entry ${index} of term ${term} follows term ${known.previousTerm} and term ${previousTerm}`
    return undefined
  }

  /** The commands among the committed entries that the state machine gets, in order. */
  *committedCommands(): Generator<KnownEntry & { readonly index: LogIndex; readonly term: Term }> {
    for (let index = 1; index <= this.committed.length; index++) {
      if (this.verdict(index) !== 'run') continue
      yield { ...this.committedEntry(index)!, index, term: this.committed[index - 1]!.term }
    }
  }
}

/** Indexes stay far below 2^28 in a run, terms below 2^25: a recovery skips 2^20. */
function key(index: LogIndex, term: Term): number {
  return term * 2 ** 28 + index
}
