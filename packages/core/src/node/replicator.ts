// Answers consensus' Replicate: gathers the blocks a follower wants, from memory or from storage.
import type { EntriesWanted } from '../consensus/index.js'
import type { LogIndex, NodeId } from '../consensus/types.js'
import type { Storage } from '../ports/storage.js'
import { type EntryBlock, reframe } from '../wire/entry-block.js'
import { BlockSource, type BlockSourceEvents } from './block-source.js'
import type { LogCache } from './log-cache.js'

export interface ReplicatorHost extends BlockSourceEvents {
  wanted(to: NodeId): EntriesWanted | undefined
  /** Gives consensus what was gathered; it may ask for more at once. */
  offer(to: NodeId, entries: readonly EntryBlock[], bytes: number): void
}

export class Replicator {
  readonly #host: ReplicatorHost
  readonly #cache: LogCache
  readonly #storage: Storage
  readonly #sources = new Map<NodeId, BlockSource>()
  #marked = new Set<NodeId>()
  /** Followers whose only news is the commit index: it travels with the entries of the next turn, if there are any. */
  #commitOnly = new Set<NodeId>()

  constructor(host: ReplicatorHost, cache: LogCache, storage: Storage) {
    this.#host = host
    this.#cache = cache
    this.#storage = storage
  }

  /** There may be something for `to`. */
  mark(to: NodeId): void {
    this.#marked.add(to)
  }

  /** This node's log was truncated, or another term began: nothing fetched before counts any more. */
  forgetFetched(): void {
    for (const source of this.#sources.values()) source.clear()
  }

  /** Serves everyone marked. Returns true when another turn is wanted soon, to tell a commit index. */
  run(): boolean {
    const postponed = this.#commitOnly
    this.#commitOnly = new Set()
    const peers = this.#marked
    for (const peer of postponed) peers.add(peer)
    this.#marked = new Set()
    for (const peer of peers) this.#serve(peer, postponed.has(peer))
    return this.#commitOnly.size > 0
  }

  #serve(to: NodeId, commitPostponed: boolean): void {
    for (let wanted = this.#host.wanted(to); wanted !== undefined; wanted = this.#host.wanted(to)) {
      if (wanted.bytesMax === 0) {
        if (commitPostponed) this.#host.offer(to, [], 0)
        else this.#commitOnly.add(to)
        return
      }
      const entries = this.#cache.gather(wanted.fromIndex, wanted.bytesMax) ?? this.#fetched(to, wanted)
      if (entries === undefined) return
      cutBefore(entries, wanted.firstIndexMin)
      let bytes = 0
      for (const block of entries) bytes += block.byteLength
      this.#host.offer(to, entries, bytes)
    }
  }

  #fetched(to: NodeId, { fromIndex, bytesMax }: EntriesWanted): EntryBlock[] | undefined {
    let source = this.#sources.get(to)
    if (source === undefined) {
      const loaded = (): void => {
        this.mark(to)
        this.#host.loaded()
      }
      source = new BlockSource(this.#storage, { loaded, failed: this.#host.failed })
      this.#sources.set(to, source)
    }
    return source.gather(fromIndex, bytesMax)
  }
}

/** What stands before the first block must still be known. A block that the compaction has cut through is re-framed. */
function cutBefore(blocks: EntryBlock[], firstIndexMin: LogIndex): void {
  const first = blocks[0]
  if (first !== undefined && first.firstIndex < firstIndexMin)
    blocks[0] = reframe(first, firstIndexMin, first.lastIndex)
}
