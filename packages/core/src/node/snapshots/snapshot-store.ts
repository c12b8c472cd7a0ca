// The storage's snapshots as the node uses them: one is saved at a time, and the newest one's length and checksum are known.

import type { SnapshotMetadata, Storage, StoredSnapshot } from '../../ports/storage.js'
import { checksumOf } from '../../wire/checksum.js'

export interface SnapshotInfo {
  readonly metadata: SnapshotMetadata
  /** Of the content. */
  readonly byteLength: number
  /** CRC-32 of the content. */
  readonly checksum: number
}

export class SnapshotStore {
  newest: SnapshotInfo | undefined
  readonly #storage: Storage
  readonly #failed: (error: Error) => void
  #saving: Promise<unknown> = Promise.resolve()

  /** `failed`: the storage is poisoned. */
  constructor(storage: Storage, newest: SnapshotInfo | undefined, failed: (error: Error) => void) {
    this.#storage = storage
    this.newest = newest
    this.#failed = failed
  }

  /** Rejects with what `content` throws; then nothing is left of it. */
  save(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<SnapshotInfo> {
    const saved = this.#saving.then(() => this.#save(metadata, content))
    this.#saving = saved.catch(() => undefined)
    return saved
  }

  async #save(metadata: SnapshotMetadata, content: AsyncIterable<Uint8Array>): Promise<SnapshotInfo> {
    const measured = new MeasuredContent(content)
    try {
      await this.#storage.saveSnapshot(metadata, measured)
    } catch (error) {
      if (!measured.failed) this.#failed(error as Error)
      throw error
    }
    this.newest = { metadata, byteLength: measured.byteLength, checksum: measured.checksum }
    return this.newest
  }

  open(): Promise<StoredSnapshot | undefined> {
    return this.#storage.openSnapshot()
  }
}

/** Counts what passes. */
export class MeasuredContent implements AsyncIterable<Uint8Array> {
  byteLength = 0
  checksum = 0
  /** The content itself has thrown. */
  failed = false
  readonly #content: AsyncIterable<Uint8Array>

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const pieces = this.#content[Symbol.asyncIterator]()
    let isWhole = false
    try {
      for (;;) {
        const next = await this.#next(pieces)
        isWhole = next.done === true
        if (next.done) return
        this.byteLength += next.value.length
        this.checksum = checksumOf(next.value, this.checksum)
        yield next.value
      }
    } finally {
      if (!isWhole && !this.failed) await pieces.return?.()
    }
  }

  async #next(pieces: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await pieces.next()
    } catch (error) {
      this.failed = true
      throw error
    }
  }
}
