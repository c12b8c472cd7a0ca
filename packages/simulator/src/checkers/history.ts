// H: what the checkers remember of a whole run, across crashes. Nobody inside the cluster can see or forget it.
import { type EntryBlock, EntryKind, type LogIndex, type NodeId, type Term } from '@riverraft/core'
import { hashBytes } from '../world/trace.js'
import { NodeView } from './node-view.js'

/** The one entry of an index and term. */
export interface KnownEntry {
  readonly hash: number
  readonly kind: number
  readonly payload: Uint8Array
  readonly timestamp: number
  /** The term of the entry before it. */
  readonly previousTerm: Term
}

export interface CommittedEntry {
  readonly term: Term
  /** The term of the server that was first to commit it. */
  readonly inTerm: Term
}

export class History {
  readonly views: ReadonlyMap<NodeId, NodeView>
  readonly leaders: Map<Term, NodeId> = new Map()
  /** The log of each term's leader, as terms: it only grows. */
  readonly leaderLogs: Map<Term, Term[]> = new Map()
  /** From index 1. Written once. */
  readonly committed: CommittedEntry[] = []
  /** The highest index that was acknowledged to a client. */
  acknowledged: LogIndex = 0
  readonly #entries = new Map<number, KnownEntry>()
  readonly #seenBlocks = new WeakSet<EntryBlock>()

  constructor(ids: readonly NodeId[]) {
    this.views = new Map(ids.map((id) => [id, new NodeView(id)]))
  }

  view(id: NodeId): NodeView {
    return this.views.get(id)!
  }

  entry(index: LogIndex, term: Term): KnownEntry | undefined {
    return this.#entries.get(key(index, term))
  }

  committedEntry(index: LogIndex): KnownEntry | undefined {
    const committed = this.committed[index - 1]
    return committed && this.entry(index, committed.term)
  }

  /**
   * Notes the entries of a block from `firstIndex` on, which stand after an entry of `previousTerm`. Returns what
   * contradicts what is known: same index and term must mean same bytes and same predecessor.
   */
  learn(block: EntryBlock, firstIndex: LogIndex, previousTerm: Term | undefined): string | undefined {
    const { term, timestamp, lastIndex } = block
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
        this.#entries.set(key(index, term), { hash, kind, payload, timestamp, previousTerm: previous })
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

  /** Commands among the committed entries, in order. */
  *committedCommands(): Generator<KnownEntry & { readonly index: LogIndex; readonly term: Term }> {
    for (let index = 1; index <= this.committed.length; index++) {
      const entry = this.committedEntry(index)
      if (entry?.kind === EntryKind.Command) yield { ...entry, index, term: this.committed[index - 1]!.term }
    }
  }
}

/** Terms stay far below 2^20 in a run, indexes below 2^32. */
function key(index: LogIndex, term: Term): number {
  return term * 2 ** 32 + index
}
