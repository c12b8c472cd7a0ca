// Reads records one after another, a chunk of the file at a time.
import { decodeBlock, type EntryBlock } from '@riverraft/core'
import { readUpTo } from './calls.js'
import type { File, FileSystem } from './file-system.js'
import { isWhole, parseRecord, RECORD_BYTES, type RecordHeader, RecordKind } from './record.js'

export interface FoundRecord extends RecordHeader {
  readonly position: number
  /** A view of the chunk it was read with. */
  readonly body: Buffer
  /** All of it, as a view of the same chunk. */
  readonly bytes: Buffer
  /** Of a block record: the block, checked. */
  readonly block: EntryBlock | undefined
}

export class RecordReader {
  readonly #fileSystem: FileSystem
  readonly #file: File
  readonly #salt: number
  readonly #end: number
  readonly #chunkBytes: number
  #chunk: Buffer = Buffer.alloc(0)
  #chunkPosition = 0
  /** Where the next record begins. */
  position: number

  /** Reads from `position` up to `end`. */
  constructor(
    fileSystem: FileSystem,
    file: File,
    segment: { readonly salt: number; readonly position: number; readonly end: number },
    chunkBytes: number,
  ) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.#salt = segment.salt
    this.#end = segment.end
    this.#chunkBytes = chunkBytes
    this.position = segment.position
  }

  /** The record at `position`, and goes on behind it. Undefined, staying there, when there is no whole one. */
  async next(): Promise<FoundRecord | undefined> {
    if (!this.#has(RECORD_BYTES) && !(await this.#fill(RECORD_BYTES))) return undefined
    const header = parseRecord(this.#chunk, this.position - this.#chunkPosition)
    if (header === undefined || header.salt !== this.#salt) return undefined
    const length = RECORD_BYTES + header.bodyBytes
    if (!this.#has(length) && !(await this.#fill(length))) return undefined
    const at = this.position - this.#chunkPosition
    if (!isWhole(header, this.#chunk, at)) return undefined
    const body = this.#chunk.subarray(at + RECORD_BYTES, at + length)
    const block = header.kind === RecordKind.Block ? checkedBlock(body, header) : undefined
    if (header.kind === RecordKind.Block && block === undefined) return undefined
    const { position } = this
    this.position += length
    return { ...header, position, body, bytes: this.#chunk.subarray(at, at + length), block }
  }

  #has(bytes: number): boolean {
    return (
      this.position >= this.#chunkPosition &&
      this.position + bytes <= this.#chunkPosition + this.#chunk.length
    )
  }

  /** A chunk of its own each time: blocks that were found are views of it. */
  async #fill(bytes: number): Promise<boolean> {
    const wanted = Math.min(Math.max(bytes, this.#chunkBytes), this.#end - this.position)
    if (wanted < bytes) return false
    const chunk = Buffer.allocUnsafeSlow(wanted)
    const have = await readUpTo(this.#fileSystem, this.#file, chunk, this.position)
    this.#chunk = chunk.subarray(0, have)
    this.#chunkPosition = this.position
    return have >= bytes
  }
}

function checkedBlock(body: Buffer, { index }: RecordHeader): EntryBlock | undefined {
  try {
    const block = decodeBlock(body)
    return block.firstIndex <= index && index <= block.lastIndex ? block : undefined
  } catch {
    return undefined
  }
}
