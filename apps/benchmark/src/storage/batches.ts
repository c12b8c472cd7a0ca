// What is written: batches of so many entries of so many bytes each, one behind the other.
import { type EntryBlock, EntryKind, encodeBlock, type WriteBatch } from '@riverraft/core'
import { commandBytes } from '../host/machine.js'

export interface Shape {
  /** Entries in a batch. */
  readonly entries: number
  /** Bytes of each of them. */
  readonly payloadBytes: number
}

/** A node sends no larger blocks by default, so it stores none. */
const BLOCK_PAYLOAD_BYTES_MAX = 1024 * 1024

export const payloadBytesOf = ({ entries, payloadBytes }: Shape): number => entries * payloadBytes

export class Batches {
  /** The last entry that was handed out. */
  lastIndex = 0
  readonly #payloads = new Map<number, Uint8Array>()

  take(shape: Shape): readonly EntryBlock[] {
    const perBlock = Math.max(1, Math.floor(BLOCK_PAYLOAD_BYTES_MAX / shape.payloadBytes))
    const blocks: EntryBlock[] = []
    for (let left = shape.entries; left > 0; left -= perBlock) {
      blocks.push(this.#block(Math.min(left, perBlock), shape.payloadBytes))
    }
    return blocks
  }

  #block(count: number, payloadBytes: number): EntryBlock {
    const payload = this.#payload(payloadBytes)
    const entries = Array.from({ length: count }, () => ({ kind: EntryKind.Command, payload }))
    const block = encodeBlock({ firstIndex: this.lastIndex + 1, term: 1, timestamp: 1 }, entries)
    this.lastIndex = block.lastIndex
    return block
  }

  /** Random, so that no disk can make it smaller. */
  #payload(bytes: number): Uint8Array {
    const payload = this.#payloads.get(bytes) ?? commandBytes(bytes, 1)
    this.#payloads.set(bytes, payload)
    return payload
  }
}

export function batchOf(blocks: readonly EntryBlock[]): WriteBatch {
  return {
    hardState: undefined,
    truncateFrom: undefined,
    blocks: blocks.map((block) => ({ block, firstIndex: block.firstIndex })),
  }
}
