// The bytes of a command, written into memory that is used again and again; what leaves is one exact copy.
import { RaftError } from '@riverraft/core'

const encoder = new TextEncoder()
const TWO_32 = 2 ** 32
/** A string's UTF-8 takes at most this many bytes per UTF-16 unit. */
const UNIT_BYTES_MAX = 3
/** What a very large command needed is not kept for the small ones after it. */
const KEPT_BYTES_MAX = 64 * 1024

let kept = new Uint8Array(4_096)

export class CommandWriter {
  #bytes = kept
  length = 0

  u8(value: number): this {
    const at = this.#room(1)
    this.#bytes[at] = value
    return this
  }

  u16(value: number): this {
    const at = this.#room(2)
    this.patchU16(at, value)
    return this
  }

  u32(value: number): this {
    const at = this.#room(4)
    this.patchU32(at, value)
    return this
  }

  u53(value: number): this {
    return this.u32(value >>> 0).u32(Math.floor(value / TWO_32))
  }

  raw(value: Uint8Array): this {
    const at = this.#room(value.length)
    this.#bytes.set(value, at)
    return this
  }

  /** UTF-8 without its length; `length` tells how much it was. */
  text(value: string): this {
    // TextEncoder would replace a lone surrogate, and two different keys would become one.
    if (!(value as string & { isWellFormed(): boolean }).isWellFormed())
      throw invalid('a string is not Unicode')
    const at = this.#room(value.length * UNIT_BYTES_MAX)
    this.length = at + encoder.encodeInto(value, this.#bytes.subarray(at)).written
    return this
  }

  patchU16(offset: number, value: number): void {
    this.#bytes[offset] = value
    this.#bytes[offset + 1] = value >>> 8
  }

  patchU32(offset: number, value: number): void {
    this.patchU16(offset, value)
    this.patchU16(offset + 2, value >>> 16)
  }

  finish(): Uint8Array {
    if (this.#bytes.length <= KEPT_BYTES_MAX) kept = this.#bytes
    return this.#bytes.slice(0, this.length)
  }

  #room(count: number): number {
    const at = this.length
    this.length = at + count
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    return at
  }
}

export function invalid(what: string): RaftError {
  return new RaftError('ERR_INVALID_COMMAND', `kv: ${what}`)
}
