// A snapshot that is arriving: chunks in order into a stream for storage, never more in memory than was granted.

import type { NodeId } from '../../consensus/types.js'
import { decodeError } from '../../wire/bytes.js'
import { checksumOf } from '../../wire/checksum.js'
import type { InstallSnapshotChunk } from '../../wire/messages.js'

/** Bytes that may be on the way or wait for the disk. */
export const SNAPSHOT_CREDIT_BYTES: number = 4 * 1024 * 1024

/** Chunks that may wait for the disk: one of a single byte takes hundreds. */
export const CHUNKS_MAX = 4_096

export class IncomingSnapshot {
  readonly from: NodeId
  readonly head: InstallSnapshotChunk
  /** When the last chunk, or question, came. */
  touchedAt: number
  /** Of the leader that sends it at present: the same server may go on in another term. */
  term: number
  /** Everything before it has been received. */
  nextOffset = 0
  /** True once all of it has been handed on and is right: from then on it will be stored. */
  isWhole = false
  readonly #progressed: () => void
  #handedOn = 0
  #chunks: Uint8Array[] = []
  #aborted: Error | undefined
  #arrived: (() => void) | undefined

  /** `progressed` is told when there is room for more. */
  constructor(from: NodeId, head: InstallSnapshotChunk, now: number, progressed: () => void) {
    this.from = from
    this.head = head
    this.term = head.term
    this.touchedAt = now
    this.#progressed = progressed
  }

  /** A resumed transfer needs the same snapshot and the same sender. */
  isOf(from: NodeId, chunk: InstallSnapshotChunk): boolean {
    const { lastIncludedIndex, lastIncludedTerm, totalBytes, contentChecksum } = this.head
    return (
      from === this.from &&
      chunk.lastIncludedIndex === lastIncludedIndex &&
      chunk.lastIncludedTerm === lastIncludedTerm &&
      chunk.totalBytes === totalBytes &&
      chunk.contentChecksum === contentChecksum
    )
  }

  get creditOffset(): number {
    return Math.min(this.#handedOn + SNAPSHOT_CREDIT_BYTES, this.head.totalBytes)
  }

  /** True when it was the next one: repeated ones, ones behind a gap, beyond the credit and too many are dropped. */
  add({ offset, data }: InstallSnapshotChunk): boolean {
    const end = offset + data.length
    if (this.#aborted !== undefined || offset > this.nextOffset || end <= this.nextOffset) return false
    if (end > this.creditOffset || this.#chunks.length >= CHUNKS_MAX) return false
    const chunk = data.subarray(this.nextOffset - offset)
    // A small view must not keep a large receive buffer alive.
    this.#chunks.push(chunk.length * 2 >= chunk.buffer.byteLength ? chunk : chunk.slice())
    this.nextOffset = end
    this.#arrived?.()
    return true
  }

  abort(error: Error): void {
    if (this.isWhole) return
    this.#aborted = error
    this.#chunks = []
    this.#arrived?.()
  }

  /** For storage. `beforeEnd` is waited for before it ends, and with it the snapshot counts. */
  async *content(beforeEnd: () => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
    let checksum = 0
    while (this.#handedOn < this.head.totalBytes) {
      const chunk = await this.#next()
      checksum = checksumOf(chunk, checksum)
      yield chunk
      this.#handedOn += chunk.length
      this.#progressed()
    }
    if (checksum !== this.head.contentChecksum) throw decodeError('the checksum of the whole snapshot')
    await beforeEnd()
    if (this.#aborted !== undefined) throw this.#aborted
    this.isWhole = true
  }

  async #next(): Promise<Uint8Array> {
    while (this.#aborted === undefined && this.#chunks.length === 0)
      await new Promise<void>((resolve) => (this.#arrived = resolve))
    if (this.#aborted !== undefined) throw this.#aborted
    return this.#chunks.shift()!
  }
}
