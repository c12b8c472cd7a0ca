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
    const found = this.#blocks.find((block) => block.firstIndex <= index && index <= block.lastIndex)
    if (found === undefined) this.#load(index)
    return found
  }

  /** What has been fetched from `from` on, up to `bytesMax` but at least one block; fetches when there is none. */
  gather(from: LogIndex, bytesMax: number): EntryBlock[] | undefined {
    if (this.find(from) === undefined) return undefined
    const gathered: EntryBlock[] = []
    let bytes = 0
    for (const block of this.#blocks) {
      if (block.lastIndex < from) continue
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
