// The recent log in memory: the blocks as they were encoded or received, for followers, for apply, and until durable.
import type { LogIndex } from '../consensus/types.js'
import { type EntryBlock, reframe } from '../wire/entry-block.js'
import { MESSAGE_BLOCKS_MAX } from '../wire/limits.js'

/** A block and the part of it that counts: the rest is in an earlier block, or was truncated. */
export interface CachedBlock {
  readonly block: EntryBlock
  readonly firstIndex: LogIndex
  lastIndex: LogIndex
}

export class LogCache {
  readonly #bytesMax: number
  #blocks: CachedBlock[] = []
  /** Blocks before this position are evicted. They are let go as soon as they are the larger part. */
  #head = 0
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get byteLength(): number {
    return this.#bytes
  }

  append(block: EntryBlock, firstIndex: LogIndex): void {
    this.#blocks.push({ block, firstIndex, lastIndex: block.lastIndex })
    this.#bytes += block.byteLength
  }

  truncateFrom(index: LogIndex): void {
    while (this.#blocks.length > this.#head) {
      const last = this.#blocks.at(-1)!
      last.lastIndex = Math.min(last.lastIndex, index - 1)
      if (last.lastIndex >= last.firstIndex) return
      this.#blocks.pop()
      this.#bytes -= last.block.byteLength
    }
  }

  /** None of it counts any more: the log goes on elsewhere. */
  clear(): void {
    this.#blocks = []
    this.#head = 0
    this.#bytes = 0
  }

  /** Forgets the oldest blocks above the limit, but none that storage could not give back. */
  evict(durableIndex: LogIndex): void {
    while (this.#bytes > this.#bytesMax && this.#head < this.#blocks.length) {
      const oldest = this.#blocks[this.#head]!
      if (oldest.lastIndex > durableIndex) break
      this.#bytes -= oldest.block.byteLength
      this.#head++
    }
    if (this.#head * 2 > this.#blocks.length) {
      this.#blocks = this.#blocks.slice(this.#head)
      this.#head = 0
    }
  }

  /** The cached block that holds `index`. */
  find(index: LogIndex): CachedBlock | undefined {
    return this.#blocks[this.#position(index)]
  }

  /**
   * Contiguous blocks for one message: the first holds `fromIndex` (and may begin before it), all together at most
   * `bytesMax` but at least one. Undefined when `fromIndex` is not in memory.
   */
  gather(fromIndex: LogIndex, bytesMax: number): EntryBlock[] | undefined {
    const start = this.#position(fromIndex)
    if (start === -1) return undefined
    const gathered: EntryBlock[] = []
    let bytes = 0
    const end = Math.min(this.#blocks.length, start + MESSAGE_BLOCKS_MAX)
    for (let at = start; at < end; at++) {
      const { block, firstIndex, lastIndex } = this.#blocks[at]!
      bytes += block.byteLength
      if (at > start && bytes > bytesMax) break
      // The first may keep entries of its block that stand before: they are the same in the earlier block.
      gathered.push(reframe(block, at === start ? block.firstIndex : firstIndex, lastIndex))
    }
    return gathered
  }

  #position(index: LogIndex): number {
    let low = this.#head
    let high = this.#blocks.length - 1
    if (low > high || index < this.#blocks[low]!.firstIndex || index > this.#blocks[high]!.lastIndex)
      return -1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#blocks[middle]!.firstIndex <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
