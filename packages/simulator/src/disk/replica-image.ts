// What one replica's disk holds durably, as blocks: the part of a storage's work that is not about files.
import {
  type EntryBlock,
  type HardState,
  type LogIndex,
  type LogPosition,
  RaftError,
  type Run,
  reframe,
  type SnapshotMetadata,
  type StorageIdentity,
  type StoredSnapshot,
  type StoredState,
  type WriteBatch,
} from '@riverraft/core'

interface Slot {
  readonly block: EntryBlock
  readonly firstIndex: LogIndex
  lastIndex: LogIndex
}

interface SavedSnapshot {
  readonly metadata: SnapshotMetadata
  readonly content: readonly Uint8Array[]
}

export class ReplicaImage {
  #identity: StorageIdentity | undefined
  #hardState: HardState = { currentTerm: 0, votedFor: undefined }
  /** Undefined: as it was formatted. */
  #generation: number | undefined
  #slots: Slot[] = []
  /** The log begins behind it. */
  #begin: LogPosition = { index: 0, term: 0 }
  snapshot: SavedSnapshot | undefined

  open(identity: StorageIdentity): StoredState {
    const formatted = this.#identity === undefined
    if (formatted && identity.mustExist) throw new RaftError('ERR_STORAGE_EMPTY', 'it is empty')
    this.#identity ??= identity
    if (this.#lacksSnapshot) this.#restart(this.snapshot!.metadata)
    const { incarnation, members, generation = 0 } = this.#identity
    const lastTimestamp = this.#slots.at(-1)?.block.timestamp ?? 0
    const { hardState, runs } = this.#content
    return {
      formatted,
      incarnation,
      members,
      hardState,
      generation: this.#generation ?? generation,
      runs,
      snapshot: this.snapshot?.metadata,
      lastTimestamp,
    }
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
  check({ truncateFrom, restartBehind, blocks }: WriteBatch): void {
    const kept = Math.min(this.#lastIndex, (truncateFrom ?? Number.POSITIVE_INFINITY) - 1)
    let end = restartBehind?.index ?? kept
    if (restartBehind !== undefined) this.#checkRestart(restartBehind, blocks.length)
    for (const { block, firstIndex } of blocks) {
      if (firstIndex !== end + 1) throw new Error(`wrong batch: entries from ${firstIndex} after ${end}`)
      end = block.lastIndex
    }
  }

  /** The whole batch at once. It was checked. */
  store({ hardState, generation, truncateFrom, restartBehind, blocks }: WriteBatch): void {
    if (hardState !== undefined) this.#hardState = hardState
    if (generation !== undefined) this.#generation = generation
    if (restartBehind !== undefined) this.#restart(restartBehind)
    else if (truncateFrom !== undefined) this.#truncate(truncateFrom)
    for (const { block, firstIndex } of blocks)
      this.#slots.push({ block, firstIndex, lastIndex: block.lastIndex })
  }

  get #lastIndex(): LogIndex {
    return this.#slots.at(-1)?.lastIndex ?? this.#begin.index
  }

  #termAt(index: LogIndex): number | undefined {
    const slot = this.#slots[this.#slotOf(index)]
    return slot !== undefined && slot.firstIndex <= index ? slot.block.term : undefined
  }

  get #snapshotIndex(): LogIndex {
    return this.snapshot?.metadata.index ?? 0
  }

  /** The log does not have the snapshot's last entry. */
  get #lacksSnapshot(): boolean {
    if (this.snapshot === undefined) return false
    const { index, term } = this.snapshot.metadata
    if (index === this.#begin.index) return term !== this.#begin.term
    return index > this.#begin.index && this.#termAt(index) !== term
  }

  #checkRestart({ index, term }: LogPosition, blocks: number): void {
    const { metadata } = this.snapshot ?? {}
    const isThere = index < this.#snapshotIndex || (index === metadata?.index && term === metadata.term)
    if (blocks === 0 || !isThere)
      throw new Error(`wrong batch: a restart behind ${index} of ${blocks} blocks`)
  }

  #restart({ index, term }: LogPosition): void {
    this.#slots = []
    this.#begin = { index, term }
  }

  openSnapshot(): StoredSnapshot | undefined {
    if (this.snapshot === undefined) return undefined
    const { metadata, content } = this.snapshot
    return { metadata, content: iterate(content) }
  }

  /** Forgets whole blocks. */
  compact(through: LogIndex): void {
    const limit = Math.min(through, this.#snapshotIndex)
    while (this.#slots.length > 0 && this.#slots[0]!.lastIndex <= limit) {
      const { lastIndex, block } = this.#slots.shift()!
      this.#begin = { index: lastIndex, term: block.term }
    }
  }

  #truncate(from: LogIndex): void {
    while (this.#slots.length > 0 && this.#slots.at(-1)!.firstIndex >= from) this.#slots.pop()
    const last = this.#slots.at(-1)
    if (last !== undefined) last.lastIndex = Math.min(last.lastIndex, from - 1)
  }

  read(from: LogIndex, bytesMax: number): EntryBlock[] {
    if (from <= this.#begin.index) return []
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

async function* iterate(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* pieces
}
