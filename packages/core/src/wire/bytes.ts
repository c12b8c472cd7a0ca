// Little-endian integers up to 2^53 - 1, read and written without BigInt.
import { RaftError } from '../ports/errors.js'

const TWO_32 = 2 ** 32

/** Anything a peer or a disk sent that is not what the format says. */
export function decodeError(message: string): RaftError {
  return new RaftError('ERR_DECODE', message)
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same bytes as a plain Uint8Array: views of a host's own subclass cost several times as much. */
export function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

export function putU53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true)
  view.setUint32(offset + 4, Math.floor(value / TWO_32), true)
}

/** @throws RaftError ERR_DECODE above 2^53 - 1 */
export function getU53(view: DataView, offset: number): number {
  const high = view.getUint32(offset + 4, true)
  if (high > 0x1fffff) throw decodeError('integer above 2^53 - 1')
  return high * TWO_32 + view.getUint32(offset, true)
}

const encoder = new TextEncoder()
// A byte order mark is part of a name: dropping it would make two names one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Two lower-case digits a byte. */
export function hex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** A growing buffer for small structures; entry blocks are written with exact sizes instead. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = viewOf(this.#bytes)
  }

  #room(count: number): number {
    const at = this.length
    this.length = at + count
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = viewOf(larger)
    }
    return at
  }

  u8(value: number): this {
    const at = this.#room(1)
    this.#view.setUint8(at, value)
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.#view.setUint16(at, value, true)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
    return this
  }

  u53(value: number): this {
    const at = this.#room(8)
    putU53(this.#view, at, value)
    return this
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    return this
  }

  /** A string of at most 65,535 bytes, its length first. */
  text(value: string): this {
    const bytes = utf8(value)
    return this.u16(bytes.length).raw(bytes)
  }

  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true)
  }

  /** The bytes written so far: a view, valid until the next write. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }
}

/** Reads what ByteWriter wrote; never past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  get remaining(): number {
    return this.#bytes.length - this.offset
  }

  #take(count: number): number {
    const at = this.offset
    if (count > this.#bytes.length - at) throw decodeError(`truncated: ${count} bytes wanted at ${at}`)
    this.offset = at + count
    return at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u53(): number {
    return getU53(this.#view, this.#take(8))
  }

  /** A view into the buffer being read; copy it to keep it. */
  raw(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** @throws RaftError ERR_DECODE when longer than bytesMax or not UTF-8 */
  text(bytesMax: number): string {
    const length = this.u16()
    if (length > bytesMax) throw decodeError(`text of ${length} bytes, at most ${bytesMax}`)
    try {
      return decoder.decode(this.raw(length))
    } catch (cause) {
      throw cause instanceof RaftError ? cause : decodeError('text is not UTF-8')
    }
  }
}
