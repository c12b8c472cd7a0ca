// Bytes that grow.

export interface PendingWrite {
  readonly position: number
  readonly bytes: Uint8Array
  /** The file ends behind it. */
  readonly cuts?: true
}

export class Content {
  #bytes = new Uint8Array(512)
  length = 0

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  write({ position, bytes, cuts }: PendingWrite): void {
    const end = position + bytes.length
    if (cuts && end < this.length) {
      this.#bytes.fill(0, end, this.length)
      this.length = end
    }
    if (bytes.length === 0) return
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2))
      larger.set(this.bytes)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, position)
    this.length = Math.max(this.length, end)
  }

  become(other: Content): void {
    this.#bytes = other.bytes.slice()
    this.length = other.length
  }
}
