// The log as an array of blocks. A block is never changed: what a truncation cuts off is cut off logically.
import {
  type EntryBlock,
  type LogIndex,
  type LogPosition,
  reframe,
  type StoredBlock,
  type Term,
} from '@riverraft/core'

/** Slot i holds the entries from #firsts[i] up to where the next slot begins, the last slot up to lastIndex. */
export class MemoryLog {
  readonly #blocks: EntryBlock[] = []
  /** The first effective index of each block: strictly increasing. */
  readonly #firsts: LogIndex[] = []
  lastIndex: LogIndex = 0
  /** What stood right before the first block when it was compacted away. */
  #before: LogPosition = { index: 0, term: 0 }

  /**
   * Judges a whole batch before any of it is stored: a batch happens completely or not at all.
   * @throws Error saying what is wrong
   */
  check(truncateFrom: LogIndex | undefined, blocks: readonly StoredBlock[]): void {
    if (
      truncateFrom !== undefined &&
      !(truncateFrom > this.#before.index && truncateFrom <= this.lastIndex + 1)
    ) {
      throw wrong(`truncation at ${truncateFrom}, the log ends at ${this.lastIndex}`)
    }
    const end = truncateFrom === undefined ? this.lastIndex : truncateFrom - 1
    this.#checkBlocks({ index: end, term: this.#termAt(end)! }, blocks)
  }

  /**
   * Judges a batch that restarts the log behind what a snapshot replaces.
   * @throws Error
   */
  checkRestart(behind: LogPosition, newest: LogPosition | undefined, blocks: readonly StoredBlock[]): void {
    const { index, term } = behind
    if (blocks.length === 0) throw wrong(`a restart behind ${index} with nothing`)
    if (newest === undefined || index > newest.index || (index === newest.index && term !== newest.term))
      throw wrong(
        `a restart behind ${index} of term ${term}, the newest snapshot is ${newest?.index} of ${newest?.term}`,
      )
    this.#checkBlocks(behind, blocks)
  }

  /** @throws Error when they do not continue a log that ends there */
  #checkBlocks({ index: end, term }: LogPosition, blocks: readonly StoredBlock[]): void {
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

  /** Gives everything up: the log goes on behind this. */
  restart({ index, term }: LogPosition): void {
    this.#blocks.length = 0
    this.#firsts.length = 0
    this.lastIndex = index
    this.#before = { index, term }
  }

  /** Removes `from` and everything after it. */
  truncate(from: LogIndex): void {
    const kept = from > this.lastIndex ? this.#blocks.length : this.#slotOf(from)
    // The slot that holds `from` stays when it also holds entries before it.
    const length = kept < this.#firsts.length && this.#firsts[kept]! < from ? kept + 1 : kept
    this.#blocks.length = length
    this.#firsts.length = length
    this.lastIndex = from - 1
  }

  append({ block, firstIndex }: StoredBlock): void {
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

  /** Undefined where there is no entry. */
  #termAt(index: LogIndex): Term | undefined {
    if (index === this.#before.index) return this.#before.term
    if (index < this.#before.index || index > this.lastIndex) return undefined
    return this.#blocks[this.#slotOf(index)]!.term
  }
}

function wrong(what: string): Error {
  return new Error(`wrong batch: ${what}`)
}
