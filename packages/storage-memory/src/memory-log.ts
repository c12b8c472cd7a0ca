// The log as an array of blocks. A block is never changed: what a truncation cuts off is cut off logically.
import {
  type EntryBlock,
  type LogIndex,
  reframe,
  type SnapshotMetadata,
  type StoredBlock,
  type Term,
  type WriteBatch,
} from '@riverraft/core'

/** Slot i holds the entries from #firsts[i] up to where the next slot begins, the last slot up to lastIndex. */
export class MemoryLog {
  readonly #blocks: EntryBlock[] = []
  /** The first effective index of each block: strictly increasing. */
  readonly #firsts: LogIndex[] = []
  lastIndex: LogIndex = 0
  /** What stood right before the first block when it was compacted away. */
  #before: { readonly index: LogIndex; readonly term: Term } = { index: 0, term: 0 }

  /**
   * Judges a whole batch before any of it is stored: a batch happens completely or not at all.
   * @throws Error saying what is wrong
   */
  check({ truncateFrom, blocks }: WriteBatch, snapshot: SnapshotMetadata | undefined): void {
    if (this.#restarts(truncateFrom, blocks, snapshot))
      return checkBlocks(snapshot!.index, snapshot!.term, blocks)
    if (
      truncateFrom !== undefined &&
      !(truncateFrom > this.#before.index && truncateFrom <= this.lastIndex + 1)
    ) {
      throw wrong(`truncation at ${truncateFrom}, the log ends at ${this.lastIndex}`)
    }
    const end = truncateFrom === undefined ? this.lastIndex : truncateFrom - 1
    checkBlocks(end, this.#termAt(end), blocks)
  }

  /** A batch that begins right behind a snapshot whose last entry the log does not have takes its place. */
  #restarts(
    truncateFrom: LogIndex | undefined,
    blocks: readonly StoredBlock[],
    snapshot: SnapshotMetadata | undefined,
  ): boolean {
    if (snapshot === undefined || blocks[0]?.firstIndex !== snapshot.index + 1) return false
    const end = truncateFrom === undefined ? this.lastIndex : truncateFrom - 1
    return end <= snapshot.index && (end < snapshot.index || this.#termAt(end) !== snapshot.term)
  }

  /** The whole batch. It was checked. */
  store(batch: WriteBatch, snapshot: SnapshotMetadata | undefined): void {
    const { truncateFrom, blocks } = batch
    if (this.#restarts(truncateFrom, blocks, snapshot)) this.#restart(snapshot!)
    else if (truncateFrom !== undefined) this.#truncate(truncateFrom)
    for (const stored of blocks) this.#append(stored)
  }

  #restart({ index, term }: SnapshotMetadata): void {
    this.#blocks.length = 0
    this.#firsts.length = 0
    this.#before = { index, term }
    this.lastIndex = index
  }

  /** Removes `from` and everything after it. */
  #truncate(from: LogIndex): void {
    const kept = from > this.lastIndex ? this.#blocks.length : this.#slotOf(from)
    // The slot that holds `from` stays when it also holds entries before it.
    const length = kept < this.#firsts.length && this.#firsts[kept]! < from ? kept + 1 : kept
    this.#blocks.length = length
    this.#firsts.length = length
    this.lastIndex = from - 1
  }

  #append({ block, firstIndex }: StoredBlock): void {
    // The log outlives the receive buffer: a small view must not keep a large buffer alive.
    this.#blocks.push(block.owned())
    this.#firsts.push(firstIndex)
    this.lastIndex = block.lastIndex
  }

  /** Forgets the blocks that hold nothing above `through`. The last one stays: it knows the term at the end. */
  compact(through: LogIndex): void {
    let forgotten = 0
    while (forgotten + 1 < this.#firsts.length && this.#firsts[forgotten + 1]! <= through + 1) forgotten++
    if (forgotten === 0) return
    this.#before = { index: this.#firsts[forgotten]! - 1, term: this.#blocks[forgotten - 1]!.term }
    this.#blocks.splice(0, forgotten)
    this.#firsts.splice(0, forgotten)
  }

  /** The blocks from the one that holds `from` on, at least one, as many as `bytesMax` allows; none beyond the end. */
  read(from: LogIndex, bytesMax: number): EntryBlock[] {
    if (from <= this.#before.index || from > this.lastIndex) return []
    const found: EntryBlock[] = []
    let bytes = 0
    for (let slot = this.#slotOf(from); slot < this.#blocks.length; slot++) {
      const block = this.#effective(slot)
      bytes += block.byteLength
      if (found.length > 0 && bytes > bytesMax) break
      found.push(block)
    }
    return found
  }

  /** The block of a slot without the entries that do not count; re-framed once, not at every read. */
  #effective(slot: number): EntryBlock {
    const last = slot + 1 < this.#firsts.length ? this.#firsts[slot + 1]! - 1 : this.lastIndex
    const block = reframe(this.#blocks[slot]!, this.#firsts[slot]!, last)
    this.#blocks[slot] = block
    return block
  }

  /** Binary search; `index` is in the log. */
  #slotOf(index: LogIndex): number {
    let low = 0
    let high = this.#firsts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#firsts[middle]! <= index) low = middle
      else high = middle - 1
    }
    return low
  }

  #termAt(index: LogIndex): Term {
    return index === this.#before.index ? this.#before.term : this.#blocks[this.#slotOf(index)]!.term
  }
}

function checkBlocks(index: LogIndex, lastTerm: Term, blocks: readonly StoredBlock[]): void {
  let end = index
  let term = lastTerm
  for (const { block, firstIndex } of blocks) {
    if (firstIndex !== end + 1) throw wrong(`entries from ${firstIndex} after ${end}`)
    if (firstIndex < block.firstIndex || firstIndex > block.lastIndex) {
      throw wrong(`entries from ${firstIndex} in a block of ${block.firstIndex} to ${block.lastIndex}`)
    }
    if (block.term < term) throw wrong(`an entry of term ${block.term} after one of term ${term}`)
    end = block.lastIndex
    term = block.term
  }
}

function wrong(what: string): Error {
  return new Error(`wrong batch: ${what}`)
}
