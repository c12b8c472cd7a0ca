// Reads records one after another, a chunk of the file at a time.
import { decodeBlock, type EntryBlock } from '@riverraft/core'
import { readUpTo } from './calls.js'
import type { File, FileSystem } from './file-system.js'
import { isWhole, parseRecord, RECORD_BYTES, type RecordHeader, RecordKind } from './record.js'

const EMPTY = Buffer.alloc(0)

export interface FoundRecord extends RecordHeader {
  readonly position: number
  /** A view of the chunk it was read with: a shared one holds until the next but one is read. */
  readonly body: Buffer
  /** All of it, as a view of the same chunk. */
  readonly bytes: Buffer
  /** Of a block record: the block, checked. */
  readonly block: EntryBlock | undefined
}

/** Memory that one chunk after another is read into, two in turns, where nobody keeps what was found. */
export class SharedChunks {
  readonly #memories: Buffer[]
  /** Called when views of a memory will not be valid any more. */
  beforeReuse: (memory: ArrayBufferLike) => void = () => {}

  constructor(bytes: number) {
    this.#memories = [Buffer.allocUnsafeSlow(bytes), Buffer.allocUnsafeSlow(bytes)]
  }

  take(bytes: number): Buffer {
    let memory = this.#memories.shift()!
    this.beforeReuse(memory.buffer)
    // Only for a block that is longer than a chunk.
    if (bytes > memory.length) memory = Buffer.allocUnsafeSlow(bytes)
    this.#memories.push(memory)
    return memory.subarray(0, bytes)
  }

  /** One who read with it has ended. */
  release(): void {
    for (const { buffer } of this.#memories) this.beforeReuse(buffer)
    this.beforeReuse = () => {}
  }
}

export class RecordReader {
  readonly #fileSystem: FileSystem
  readonly #file: File
  readonly #salt: number
  readonly #end: number
  readonly #chunkBytes: number
  readonly #shared: SharedChunks | undefined
  #chunk: Buffer = Buffer.alloc(0)
  #chunkPosition = 0
  /** Where the next record begins. */
  position: number

  /** Reads from `position` up to `end`; into memory of its own for each chunk, unless there is a shared one. */
  constructor(
    fileSystem: FileSystem,
    file: File,
    segment: { readonly salt: number; readonly position: number; readonly end: number },
    chunkBytes: number,
    shared?: SharedChunks,
  ) {
    this.#fileSystem = fileSystem
    this.#file = file
    this.#salt = segment.salt
    this.#end = segment.end
    this.#chunkBytes = chunkBytes
    this.#shared = shared
    this.position = segment.position
  }

  /** The record at `position`, and goes on behind it. Undefined, staying there, when there is no whole one. */
  async next(): Promise<FoundRecord | undefined> {
    if (!this.#has(RECORD_BYTES) && !(await this.#fill(RECORD_BYTES))) return undefined
    const header = this.#header()
    if (header === undefined) return undefined
    const length = RECORD_BYTES + header.bodyBytes
    if (!this.#has(length) && !(await this.#fill(length))) return undefined
    return this.#whole(header)
  }

  /** The same without a promise; undefined also when some of the record is not in memory yet. */
  nextInMemory(): FoundRecord | undefined {
    const header = this.#has(RECORD_BYTES) ? this.#header() : undefined
    if (header === undefined || !this.#has(RECORD_BYTES + header.bodyBytes)) return undefined
    return this.#whole(header)
  }

  #header(): RecordHeader | undefined {
    const header = parseRecord(this.#chunk, this.position - this.#chunkPosition)
    return header?.salt === this.#salt ? header : undefined
  }

  /** All of it is in memory. */
  #whole(header: RecordHeader): FoundRecord | undefined {
    const at = this.position - this.#chunkPosition
    const length = RECORD_BYTES + header.bodyBytes
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

  /** The beginning of a record that ends beyond the chunk is not read twice. */
  async #fill(bytes: number): Promise<boolean> {
    const { position } = this
    const wanted = Math.min(Math.max(bytes, this.#chunkBytes), this.#end - position)
    if (wanted < bytes) return false
    const begun = this.#has(1) ? this.#chunk.subarray(position - this.#chunkPosition) : EMPTY
    const chunk = this.#shared?.take(wanted) ?? Buffer.allocUnsafeSlow(wanted)
    const known = begun.copy(chunk)
    const rest = chunk.subarray(known)
    const read = await readUpTo(this.#fileSystem, this.#file, rest, position + known)
    this.#chunk = chunk.subarray(0, known + read)
    this.#chunkPosition = position
    return known + read >= bytes
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
