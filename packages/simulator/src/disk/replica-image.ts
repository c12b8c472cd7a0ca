// What one replica's disk holds durably, as blocks: the part of a storage's work that is not about files.
import {
  type EntryBlock,
  type HardState,
  type LogIndex,
  type Run,
  reframe,
  type StorageIdentity,
  type StoredState,
  type WriteBatch,
} from '@riverraft/core'

interface Slot {
  readonly block: EntryBlock
  readonly firstIndex: LogIndex
  lastIndex: LogIndex
}

export class ReplicaImage {
  #identity: StorageIdentity | undefined
  #hardState: HardState = { currentTerm: 0, votedFor: undefined }
  readonly #slots: Slot[] = []

  open(identity: StorageIdentity): StoredState {
    const formatted = this.#identity === undefined
    this.#identity ??= identity
    const { incarnation, members } = this.#identity
    const lastTimestamp = this.#slots.at(-1)?.block.timestamp ?? 0
    const { hardState, runs } = this.#content
    return { formatted, incarnation, members, hardState, runs, snapshot: undefined, lastTimestamp }
  }

  get #content(): { hardState: HardState; runs: Run[] } {
    const runs: Run[] = []
    for (const { block, firstIndex, lastIndex } of this.#slots) {
      const last = runs.at(-1)
      if (last?.term === block.term) runs[runs.length - 1] = { ...last, lastIndex }
      else runs.push({ firstIndex, lastIndex, term: block.term })
    }
    return { hardState: this.#hardState, runs }
  }

  /** @throws Error when `batch` would leave a gap, or write over what is there */
  check({ truncateFrom, blocks }: WriteBatch): void {
    let end = Math.min(this.#slots.at(-1)?.lastIndex ?? 0, (truncateFrom ?? Number.POSITIVE_INFINITY) - 1)
    for (const { block, firstIndex } of blocks) {
      if (firstIndex !== end + 1) throw new Error(`wrong batch: entries from ${firstIndex} after ${end}`)
      end = block.lastIndex
    }
  }

  /** The whole batch at once. It was checked. */
  store({ hardState, truncateFrom, blocks }: WriteBatch): void {
    if (hardState !== undefined) this.#hardState = hardState
    if (truncateFrom !== undefined) this.#truncate(truncateFrom)
    for (const { block, firstIndex } of blocks)
      this.#slots.push({ block, firstIndex, lastIndex: block.lastIndex })
  }

  #truncate(from: LogIndex): void {
    while (this.#slots.length > 0 && this.#slots.at(-1)!.firstIndex >= from) this.#slots.pop()
    const last = this.#slots.at(-1)
    if (last !== undefined) last.lastIndex = Math.min(last.lastIndex, from - 1)
  }

  read(from: LogIndex, bytesMax: number): EntryBlock[] {
    const found: EntryBlock[] = []
    let bytes = 0
    for (let at = this.#slotOf(from); at >= 0 && at < this.#slots.length; at++) {
      const { block, firstIndex, lastIndex } = this.#slots[at]!
      const effective = reframe(block, firstIndex, lastIndex)
      bytes += effective.byteLength
      if (found.length > 0 && bytes > bytesMax) break
      found.push(effective)
    }
    return found
  }

  #slotOf(index: LogIndex): number {
    let low = 0
    let high = this.#slots.length - 1
    if (high < 0 || index > this.#slots[high]!.lastIndex) return -1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#slots[middle]!.firstIndex <= index) low = middle
      else high = middle - 1
    }
    return low
  }
}
