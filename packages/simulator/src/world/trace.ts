// A running hash of everything that happens: two runs with the same hash went the same way.

const encoder = new TextEncoder()

export class Trace {
  #a = 0x811c9dc5
  #b = 0x9747b28c

  /** Takes a number in: whole ones up to 2^53, and times in thousandths. */
  number(value: number): void {
    const low = value | 0
    const high = Math.floor(value / 2 ** 32) | 0
    this.#a = Math.imul(this.#a ^ low, 0x01000193)
    this.#a = Math.imul(this.#a ^ (this.#a >>> 15) ^ high, 0x85ebca6b)
    this.#b = Math.imul(this.#b ^ (low + high), 0xc2b2ae35)
    this.#b ^= this.#b >>> 13
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.#a = Math.imul(this.#a ^ value.charCodeAt(i), 0x01000193)
    this.number(value.length)
  }

  /** Sixteen hexadecimal digits. */
  get digest(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

/** A 32-bit hash of bytes (FNV-1a with a finish), for comparing contents. */
export function hashBytes(bytes: Uint8Array, seed = 0x811c9dc5): number {
  let hash = seed
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}

export function hashText(text: string, seed?: number): number {
  return hashBytes(encoder.encode(text), seed)
}
