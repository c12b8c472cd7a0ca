// Cuts a byte stream into frames: a u32 little-endian length, then that many bytes.
import { decodeError } from '../wire/bytes.js'

const PREFIX_BYTES = 4
/** Pieces up to this size are copied behind the length: one buffer to write instead of two. */
const JOIN_BYTES_MAX = 4_096

/** The pieces of one frame behind its length, ready to be written. */
export function withLength(pieces: readonly Uint8Array[], byteLength: number): Uint8Array[] {
  const [first, ...rest] = pieces
  const joined = first !== undefined && first.length <= JOIN_BYTES_MAX ? first : undefined
  const head = new Uint8Array(PREFIX_BYTES + (joined?.length ?? 0))
  new DataView(head.buffer).setUint32(0, byteLength, true)
  if (joined === undefined) return [head, ...pieces]
  head.set(joined, PREFIX_BYTES)
  return [head, ...rest]
}

/**
 * Takes chunks as they come and delivers whole frames. A frame inside one chunk is a view of it; one that spans
 * chunks gets a buffer of its own size at once, so that a byte at a time costs no more than a byte at a time.
 */
export class FrameReader {
  /** Longest frame accepted from here on; checked before anything is allocated. */
  frameBytesMax: number
  framesRead = 0
  bytesRead = 0
  readonly #deliver: (frame: Uint8Array) => void
  readonly #prefix = new Uint8Array(PREFIX_BYTES)
  #prefixBytes = 0
  #frame: Uint8Array | undefined
  #frameBytes = 0
  #stopped = false

  /** `deliver` may change frameBytesMax and may call stop; it must not push. */
  constructor(frameBytesMax: number, deliver: (frame: Uint8Array) => void) {
    this.frameBytesMax = frameBytesMax
    this.#deliver = deliver
  }

  /** True while a frame has begun and is not complete. */
  get midFrame(): boolean {
    return this.#prefixBytes > 0
  }

  /** Nothing is delivered any more. */
  stop(): void {
    this.#stopped = true
    this.#frame = undefined
  }

  /** @throws RaftError ERR_DECODE when a frame announces more than frameBytesMax; the stream is useless then. */
  push(chunk: Uint8Array): void {
    this.bytesRead += chunk.length
    let offset = 0
    while (!this.#stopped) {
      if (this.#frame === undefined) {
        offset += this.#readPrefix(chunk, offset)
        if (this.#prefixBytes < PREFIX_BYTES) return
        const length = this.#frameLength()
        if (chunk.length - offset >= length) {
          const frame = chunk.subarray(offset, offset + length)
          offset += length
          this.#complete(frame)
          continue
        }
        this.#frame = new Uint8Array(length)
        this.#frameBytes = 0
      }
      const part = chunk.subarray(offset, offset + this.#frame.length - this.#frameBytes)
      this.#frame.set(part, this.#frameBytes)
      this.#frameBytes += part.length
      offset += part.length
      if (this.#frameBytes < this.#frame.length) return
      this.#complete(this.#frame)
    }
  }

  /** How many bytes of the chunk it took. */
  #readPrefix(chunk: Uint8Array, offset: number): number {
    const part = chunk.subarray(offset, offset + PREFIX_BYTES - this.#prefixBytes)
    this.#prefix.set(part, this.#prefixBytes)
    this.#prefixBytes += part.length
    return part.length
  }

  #frameLength(): number {
    const length = new DataView(this.#prefix.buffer).getUint32(0, true)
    if (length <= this.frameBytesMax) return length
    this.stop()
    throw decodeError(`frame of ${length} bytes announced, at most ${this.frameBytesMax}`)
  }

  #complete(frame: Uint8Array): void {
    this.#frame = undefined
    this.#prefixBytes = 0
    this.framesRead++
    this.#deliver(frame)
  }
}
