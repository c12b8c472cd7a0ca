// Writes values in pieces, so that whoever asks for the next piece can let others have a turn in between.
import { ByteWriter, utf8, viewOf } from './bytes.js'
import { TAG, unwritable, VALUE_DEPTH_MAX } from './values.js'

/** A piece is about this long; only a long string or byte array makes a longer one. */
const PIECE_BYTES = 32 * 1024

/** The parts of a value that are still to be written: the innermost last. */
type Rest = Iterator<unknown>

/**
 * The values one after the other. They must not change until the last piece is taken.
 * @throws RaftError ERR_STATE_MACHINE at what is not plain data: functions, symbols, objects of the platform
 */
export function* encodeValues(values: Iterable<unknown>): Generator<Uint8Array, void, undefined> {
  let writer = new ByteWriter(PIECE_BYTES * 2)
  const rests: Rest[] = [values[Symbol.iterator]()]
  while (rests.length > 0) {
    const next = rests.at(-1)!.next()
    if (next.done) rests.pop()
    else {
      const inner = write(writer, next.value)
      if (inner !== undefined) rests.push(inner)
      if (rests.length > VALUE_DEPTH_MAX)
        throw unwritable('a value within a thousand others, or within itself')
    }
    if (writer.length < PIECE_BYTES) continue
    yield writer.bytes()
    writer = new ByteWriter(PIECE_BYTES * 2)
  }
  if (writer.length > 0) yield writer.bytes()
}

/** Writes a value, or how it begins: then its parts are returned. */
function write(writer: ByteWriter, value: unknown): Rest | undefined {
  switch (typeof value) {
    case 'undefined':
      writer.u8(TAG.undefined)
      return
    case 'boolean':
      writer.u8(value ? TAG.true : TAG.false)
      return
    case 'number':
      if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0))
        writer.u8(TAG.integer).u53(value)
      else writer.u8(TAG.number).raw(float(value))
      return
    case 'string':
      writeText(writer, value)
      return
    case 'bigint':
      writeBytes(writer, TAG.bigint, utf8(value.toString()))
      return
    case 'object':
      return value === null ? void writer.u8(TAG.null) : writeObject(writer, value)
    default:
      throw unwritable(`a ${typeof value}`)
  }
}

function writeText(writer: ByteWriter, text: string): void {
  if ((text as string & { isWellFormed(): boolean }).isWellFormed())
    return writeBytes(writer, TAG.text, utf8(text))
  writer.u8(TAG.units).u32(text.length * 2)
  for (let i = 0; i < text.length; i++) writer.u16(text.charCodeAt(i))
}

function writeBytes(writer: ByteWriter, tag: number, bytes: Uint8Array): void {
  writer.u8(tag).u32(bytes.length).raw(bytes)
}

function writeObject(writer: ByteWriter, value: object): Rest | undefined {
  if (value instanceof Uint8Array) return void writeBytes(writer, TAG.bytes, value)
  if (value instanceof Date) return void writer.u8(TAG.date).raw(float(value.getTime()))
  if (Array.isArray(value)) {
    writer.u8(TAG.array).u32(value.length)
    return value[Symbol.iterator]()
  }
  if (value instanceof Set) {
    writer.u8(TAG.set).u32(value.size)
    return value[Symbol.iterator]()
  }
  if (value instanceof Map) {
    writer.u8(TAG.map).u32(value.size)
    return inPairs(value)
  }
  // As structuredClone has it: own enumerable properties, and no class. An Error or a Promise has none that matter.
  const kind = Object.prototype.toString.call(value)
  if (kind !== '[object Object]') throw unwritable(kind)
  const keys = Object.keys(value)
  writer.u8(TAG.object).u32(keys.length)
  return inPairs(keys.map((key) => [key, (value as Record<string, unknown>)[key]] as const))
}

function* inPairs(pairs: Iterable<readonly [unknown, unknown]>): Generator<unknown, void, undefined> {
  for (const [key, value] of pairs) {
    yield key
    yield value
  }
}

function float(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setFloat64(0, value, true)
  return bytes
}
