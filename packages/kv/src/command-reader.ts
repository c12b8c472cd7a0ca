// Reads what CommandWriter wrote; never past the end.
import { invalid } from './command-writer.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const TWO_32 = 2 ** 32

export class CommandReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
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
    const low = this.u32()
    const value = this.u32() * TWO_32 + low
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
