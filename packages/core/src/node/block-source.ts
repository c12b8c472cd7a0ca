// Blocks for a sequential reader that has fallen behind the cache: fetched from storage, one read at a time.
import type { LogIndex } from '../consensus/types.js'
import type { Storage } from '../ports/storage.js'
import type { EntryBlock } from '../wire/entry-block.js'
import { MESSAGE_BLOCKS_MAX } from '../wire/limits.js'

const READ_BYTES = 1024 * 1024

export interface BlockSourceEvents {
  /** Blocks have arrived: look again. */
  loaded(): void
  failed(error: Error): void
}

export class BlockSource {
  readonly #storage: Storage
  readonly #events: BlockSourceEvents
  #blocks: readonly EntryBlock[] = []
  #loading = false

  constructor(storage: Storage, events: BlockSourceEvents) {
    this.#storage = storage
    this.#events = events
  }

  /** The fetched block that holds `index`; when there is none, fetches it and says `loaded`. */
  find(index: LogIndex): EntryBlock | undefined {
    const found = this.#blocks[this.#position(index)]
    if (found !== undefined && index <= found.lastIndex) return found
    this.#load(index)
    return undefined
  }

  /** Of the last block that begins at `index` or before it; -1 when none does. */
  #position(index: LogIndex): number {
    let low = -1
    let high = this.#blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#blocks[middle]!.firstIndex <= index) low = middle
      else high = middle - 1
    }
    return low
  }

  /** What has been fetched from `from` on, up to `bytesMax` but at least one block; fetches when there is none. */
  gather(from: LogIndex, bytesMax: number): EntryBlock[] | undefined {
    if (this.find(from) === undefined) return undefined
    const gathered: EntryBlock[] = []
    let bytes = 0
    for (let at = this.#position(from); at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!
      bytes += block.byteLength
      if (gathered.length > 0 && (bytes > bytesMax || gathered.length === MESSAGE_BLOCKS_MAX)) break
      gathered.push(block)
    }
    return gathered
  }

  /** The log may have changed: what was fetched, or is being fetched, no longer counts. */
  clear(): void {
    this.#blocks = []
    this.#generation++
  }

  #generation = 0

  #load(index: LogIndex): void {
    if (this.#loading) return
    this.#loading = true
    const generation = this.#generation
    this.#storage.read(index, READ_BYTES).then(
      (blocks) => {
        this.#loading = false
        if (generation === this.#generation) this.#blocks = blocks
        this.#events.loaded()
      },
      (error: Error) => {
        this.#loading = false
        this.#events.failed(error)
      },
    )
  }
}
