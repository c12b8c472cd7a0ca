// Commands as bytes, little endian:
//
//   put     u8 1, key, value
//   delete  u8 2, key
//   cas     u8 3, key, expected, value
//
//   key       u16 length, UTF-8
//   value     u8 kind (0 null, 1 string, 2 bytes), the rest of the command
//   expected  u8 kind (0 null, 1 string, 2 bytes) with u32 length and content, or 3 with a u53 index
//
// The log keeps these bytes for ever: numbers are never reused, and what this version does not know stops the node.
import type { CommandCodec } from '@riverraft/core'
import { KEY_BYTES_MAX, type KvCommand, type KvExpected, type KvValue } from './command.js'
import { CommandReader } from './command-reader.js'
import { CommandWriter, invalid } from './command-writer.js'

const OPERATION = { put: 1, delete: 2, cas: 3 } as const satisfies Record<KvCommand['type'], number>
const NULL = 0
const STRING = 1
const BYTES = 2
const INDEX = 3

/** Encoding refuses what no replica could apply, with ERR_INVALID_COMMAND, before it is proposed. */
export const commandCodec: CommandCodec<KvCommand> = { encode, decode }

function encode(command: KvCommand): Uint8Array {
  if (!Object.hasOwn(OPERATION, command?.type)) throw invalid(`unknown operation ${String(command?.type)}`)
  const writer = new CommandWriter().u8(OPERATION[command.type])
  writeKey(writer, command.key)
  if (command.type === 'cas') writeExpected(writer, command.expected)
  if (command.type !== 'delete') {
    if (command.value === null && command.type === 'put') throw invalid('put needs a value; use delete')
    writeValue(writer, command.value)
  }
  return writer.finish()
}

function writeKey(writer: CommandWriter, key: string): void {
  if (typeof key !== 'string') throw invalid('a key is a string')
  const lengthAt = writer.length
  // A UTF-16 unit takes at least a byte: refused before anything that long is encoded.
  const bytes = key.length > KEY_BYTES_MAX ? key.length : writer.u16(0).text(key).length - lengthAt - 2
  if (bytes < 1 || bytes > KEY_BYTES_MAX)
    throw invalid(`a key of ${bytes} bytes; it takes 1 to ${KEY_BYTES_MAX}`)
  writer.patchU16(lengthAt, bytes)
}

function writeValue(writer: CommandWriter, value: KvValue | null): void {
  if (value === null) writer.u8(NULL)
  else if (typeof value === 'string') writer.u8(STRING).text(value)
  else if (value instanceof Uint8Array) writer.u8(BYTES).raw(value)
  else throw invalid('a value is a string or a Uint8Array')
}

function writeExpected(writer: CommandWriter, expected: KvExpected): void {
  if (expected === null) {
    writer.u8(NULL)
  } else if (typeof expected === 'string' || expected instanceof Uint8Array) {
    const isText = typeof expected === 'string'
    const lengthAt = writer.u8(isText ? STRING : BYTES).length
    writer.u32(0)
    if (isText) writer.text(expected)
    else writer.raw(expected)
    writer.patchU32(lengthAt, writer.length - lengthAt - 4)
  } else {
    const index = expected?.modifiedIndex
    if (!(Number.isSafeInteger(index) && index >= 1))
      throw invalid('cas expects a value, null or { modifiedIndex }')
    writer.u8(INDEX).u53(index)
  }
}

function decode(bytes: Uint8Array): KvCommand {
  const reader = new CommandReader(bytes)
  const operation = reader.u8()
  const key = reader.text(reader.u16())
  switch (operation) {
    case OPERATION.put:
      return { type: 'put', key, value: readValue(reader) ?? refuse('put without a value') }
    case OPERATION.delete:
      reader.end()
      return { type: 'delete', key }
    case OPERATION.cas:
      return { type: 'cas', key, expected: readExpected(reader), value: readValue(reader) }
    default:
      return refuse(`operation ${operation}`)
  }
}

function readValue(reader: CommandReader): KvValue | null {
  const kind = reader.u8()
  if (kind === STRING) return reader.text(reader.remaining)
  if (kind === BYTES) return reader.raw(reader.remaining)
  if (kind !== NULL) return refuse(`value of kind ${kind}`)
  reader.end()
  return null
}

function readExpected(reader: CommandReader): KvExpected {
  const kind = reader.u8()
  switch (kind) {
    case NULL:
      return null
    case STRING:
      return reader.text(reader.u32())
    case BYTES:
      return reader.raw(reader.u32())
    case INDEX:
      return { modifiedIndex: reader.u53() }
    default:
      return refuse(`expectation of kind ${kind}`)
  }
}

function refuse(what: string): never {
  throw invalid(`unknown command: ${what}`)
}
