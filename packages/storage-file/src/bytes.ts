// Little-endian fields, read and written without BigInt.

const TWO_32 = 2 ** 32

export function putU53(bytes: Buffer, offset: number, value: number): void {
  bytes.writeUInt32LE(value >>> 0, offset)
  bytes.writeUInt32LE(Math.floor(value / TWO_32), offset + 4)
}

/** Above 2^53 - 1 it is not exact, and no valid field. */
export function getU53(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 4) * TWO_32 + bytes.readUInt32LE(offset)
}

/** A Buffer over the same memory: its readers and writers are the fast ones. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Collects the fields of a small structure. */
export class FieldWriter {
  readonly #parts: Buffer[] = []

  u8(value: number): this {
    return this.#add(1, (part) => part.writeUInt8(value))
  }

  u32(value: number): this {
    return this.#add(4, (part) => part.writeUInt32LE(value))
  }

  u53(value: number): this {
    return this.#add(8, (part) => putU53(part, 0, value))
  }

  /** At most 65,535 bytes of UTF-8, their number first. */
  text(value: string): this {
    const bytes = Buffer.from(value)
    if (bytes.length > 0xffff) throw new Error(`text of ${bytes.length} bytes`)
    this.#add(2, (part) => part.writeUInt16LE(bytes.length))
    this.#parts.push(bytes)
    return this
  }

  /** One byte that says whether the text follows. */
  optionalText(value: string | undefined): this {
    return value === undefined ? this.u8(0) : this.u8(1).text(value)
  }

  /** A field that was added later: left out where it is 0, so that bytes without it stay what they were. */
  u53UnlessZero(value: number): this {
    return value === 0 ? this : this.u53(value)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(bytes: number, put: (part: Buffer) => void): this {
    const part = Buffer.alloc(bytes)
    put(part)
    this.#parts.push(part)
    return this
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Reads what FieldWriter wrote. Throws past the end. */
export class FieldReader {
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  u53(): number {
    const value = getU53(this.#bytes, this.#take(8))
    if (!Number.isSafeInteger(value)) throw new Error('integer above 2^53 - 1')
    return value
  }

  text(): string {
    const length = this.#bytes.readUInt16LE(this.#take(2))
    const at = this.#take(length)
    return decoder.decode(this.#bytes.subarray(at, at + length))
  }

  optionalText(): string | undefined {
    return this.u8() === 0 ? undefined : this.text()
  }

  /** What `u53UnlessZero` wrote, at the end. */
  u53OrZero(): number {
    return this.#offset < this.#bytes.length ? this.u53() : 0
  }

  #take(bytes: number): number {
    const at = this.#offset
    this.#offset += bytes
    if (this.#offset > this.#bytes.length) throw new Error('structure shorter than its fields')
    return at
  }
}
