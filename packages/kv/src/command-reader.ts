// Reads what CommandWriter wrote; never past the end.
import { invalid } from './command-writer.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const TWO_32 = 2 ** 32

export class CommandReader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  // Byte by byte: a DataView for each command would cost more than it saves.
  u8(): number {
    return this.#bytes[this.#take(1)]!
  }

  u16(): number {
    return this.u8() + this.u8() * 0x100
  }

  u32(): number {
    return this.u16() + this.u16() * 0x1_0000
  }

  u53(): number {
    const value = this.u32() + this.u32() * TWO_32
    if (!Number.isSafeInteger(value)) throw invalid('damaged command: an index above 2^53 - 1')
    return value
  }

  /** A copy: a kept view would keep the whole entry block alive. */
  raw(count: number): Uint8Array {
    const at = this.#take(count)
    return new Uint8Array(this.#bytes.subarray(at, at + count))
  }

  text(count: number): string {
    const at = this.#take(count)
    try {
      return decoder.decode(this.#bytes.subarray(at, at + count))
    } catch {
      throw invalid('damaged command: a string is not UTF-8')
    }
  }

  end(): void {
    if (this.remaining !== 0) throw invalid(`damaged command: ${this.remaining} bytes after its end`)
  }

  #take(count: number): number {
    const at = this.#offset
    if (count > this.remaining) throw invalid('damaged command: it ends too early')
    this.#offset = at + count
    return at
  }
}
