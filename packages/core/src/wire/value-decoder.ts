// Reads values from pieces of any size, as they come.
import { decodeError, getU53, plain, viewOf } from './bytes.js'
import { TAG, VALUE_DEPTH_MAX } from './values.js'

/** An array, a set, a map or an object that is not complete. */
interface Open {
  /** Parts that it lacks: a key counts as one. */
  left: number
  add(part: unknown): void
  readonly value: unknown
}

export class ValueDecoder {
  readonly #deliver: (value: unknown) => void
  readonly #open: Open[] = []
  /** Bytes of a value that is not all there. */
  #rest: Uint8Array = new Uint8Array(0)

  /** `deliver` gets each value that is not part of another. */
  constructor(deliver: (value: unknown) => void) {
    this.#deliver = deliver
  }

  /** @throws RaftError ERR_DECODE */
  push(piece: Uint8Array): void {
    // Plain: `slice` of a host's own subclass would not copy.
    const bytes = this.#rest.length === 0 ? plain(piece) : joined(this.#rest, piece)
    let offset = 0
    while (offset < bytes.length) {
      const length = lengthOf(bytes, offset)
      if (length === undefined || length > bytes.length - offset) break
      this.#take(bytes.subarray(offset, offset + length))
      offset += length
    }
    // A copy: what was read must not keep all of the piece, nor change when its memory is used again.
    this.#rest = bytes.slice(offset)
  }

  /** @throws RaftError ERR_DECODE when the last value is not complete */
  end(): void {
    if (this.#rest.length > 0 || this.#open.length > 0) throw decodeError('a value ends too early')
  }

  #take(bytes: Uint8Array): void {
    const opened = beginning(bytes)
    if (opened === undefined) return this.#complete(simple(bytes))
    if (opened.left === 0) return this.#complete(opened.value)
    if (this.#open.push(opened) > VALUE_DEPTH_MAX) throw decodeError('values within values without an end')
  }

  #complete(value: unknown): void {
    let part = value
    for (;;) {
      const outer = this.#open.at(-1)
      if (outer === undefined) return this.#deliver(part)
      outer.add(part)
      if (--outer.left > 0) return
      this.#open.pop()
      part = outer.value
    }
  }
}

/** How many bytes the value takes, without its parts; undefined: too few to tell. */
function lengthOf(bytes: Uint8Array, offset: number): number | undefined {
  const tag = bytes[offset]!
  if (tag <= TAG.true) return 1
  if (tag === TAG.integer || tag === TAG.number || tag === TAG.date) return 9
  if (tag > TAG.object) throw decodeError(`a value of kind ${tag}`)
  if (bytes.length - offset < 5) return undefined
  return tag >= TAG.array ? 5 : 5 + viewOf(bytes).getUint32(offset + 1, true)
}

function simple(bytes: Uint8Array): unknown {
  const view = viewOf(bytes)
  switch (bytes[0]) {
    case TAG.undefined:
      return undefined
    case TAG.null:
      return null
    case TAG.false:
      return false
    case TAG.true:
      return true
    case TAG.integer:
      return getU53(view, 1)
    case TAG.number:
      return view.getFloat64(1, true)
    case TAG.date:
      return new Date(view.getFloat64(1, true))
    case TAG.bytes:
      return bytes.slice(5)
    case TAG.units:
      return units(bytes.subarray(5))
    case TAG.bigint:
      return bigint(text(bytes.subarray(5)))
    default:
      return text(bytes.subarray(5))
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw decodeError('a text is not UTF-8')
  }
}

function units(bytes: Uint8Array): string {
  let string = ''
  for (let i = 0; i + 1 < bytes.length; i += 2)
    string += String.fromCharCode(bytes[i]! + bytes[i + 1]! * 0x100)
  return string
}

function bigint(digits: string): bigint {
  if (!/^-?\d+$/.test(digits)) throw decodeError('a bigint is not of digits')
  return BigInt(digits)
}

/** Of a value with parts. A count that lies costs nothing: parts are added as they come. */
function beginning(bytes: Uint8Array): Open | undefined {
  const tag = bytes[0]!
  if (tag < TAG.array) return undefined
  const count = viewOf(bytes).getUint32(1, true)
  if (tag === TAG.array) {
    const value: unknown[] = []
    return { left: count, value, add: (part) => void value.push(part) }
  }
  if (tag === TAG.set) {
    const value = new Set<unknown>()
    return { left: count, value, add: (part) => void value.add(part) }
  }
  if (tag === TAG.map) {
    const value = new Map<unknown, unknown>()
    return { left: count * 2, value, add: inPairs((key, part) => void value.set(key, part)) }
  }
  const value: Record<string, unknown> = {}
  // Defined, not assigned: a key may be `__proto__`.
  const attributes = { enumerable: true, writable: true, configurable: true }
  return {
    left: count * 2,
    value,
    add: inPairs((key, part) => {
      if (typeof key !== 'string') throw decodeError('a key that is no text')
      Object.defineProperty(value, key, { ...attributes, value: part })
    }),
  }
}

function inPairs(add: (key: unknown, value: unknown) => void): (part: unknown) => void {
  let key: unknown
  let hasKey = false
  return (part) => {
    if (hasKey) add(key, part)
    else key = part
    hasKey = !hasKey
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
