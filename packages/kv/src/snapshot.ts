// The store as bytes, little endian, for snapshots:
//
//   u8 version (1), u53 index, then entries: u32 length of what follows,
//   key (u16 length, UTF-8), u53 createdIndex, u53 modifiedIndex, u8 kind of the value (1 string, 2 bytes), the value
import type { LogIndex } from '@riverraft/core'
import type { KvValue } from './command.js'
import { CommandReader } from './command-reader.js'
import { CommandWriter, invalid } from './command-writer.js'
import type { KvEntry, Store } from './state.js'

const VERSION = 1
const STRING = 1
const BYTES = 2
const HEAD_BYTES = 9
const LENGTH_BYTES = 4
/** A piece is about this long. */
const PIECE_BYTES = 32 * 1024

/** The store as of now; it may change while the pieces are taken. */
export function captured(store: Store): Generator<Uint8Array, void, undefined> {
  const capture = store.capture()
  return pieces(capture.index, capture.entries())
}

function* pieces(index: LogIndex, entries: Iterable<KvEntry>): Generator<Uint8Array, void, undefined> {
  let writer = new CommandWriter().u8(VERSION).u53(index)
  for (const entry of entries) {
    writeEntry(writer, entry)
    if (writer.length < PIECE_BYTES) continue
    yield writer.finish()
    writer = new CommandWriter()
  }
  if (writer.length > 0) yield writer.finish()
}

function writeEntry(writer: CommandWriter, { key, value, createdIndex, modifiedIndex }: KvEntry): void {
  const at = writer.u32(0).length
  const keyAt = writer.u16(0).length
  writer.text(key).patchU16(keyAt - 2, writer.length - keyAt)
  writer.u53(createdIndex).u53(modifiedIndex)
  if (typeof value === 'string') writer.u8(STRING).text(value)
  else writer.u8(BYTES).raw(value)
  writer.patchU32(at - LENGTH_BYTES, writer.length - at)
}

/** @throws RaftError ERR_INVALID_COMMAND when it is not what a store has written */
export async function restore(store: Store, content: AsyncIterable<Uint8Array>): Promise<void> {
  const entries = new Map<string, KvEntry>()
  let index: LogIndex | undefined
  let rest: Uint8Array = new Uint8Array(0)
  for await (const piece of content) {
    const bytes = joined(rest, piece)
    let offset = 0
    if (index === undefined && bytes.length >= HEAD_BYTES) {
      index = readHead(bytes)
      offset = HEAD_BYTES
    }
    while (index !== undefined) {
      const end = endOfEntry(bytes, offset)
      if (end === undefined) break
      const entry = readEntry(new CommandReader(bytes.subarray(offset + LENGTH_BYTES, end)))
      entries.set(entry.key, entry)
      offset = end
    }
    // A copy, also of a host's own subclass: the piece's memory may be used again.
    rest = new Uint8Array(bytes.subarray(offset))
  }
  if (index === undefined || rest.length > 0) throw invalid('a snapshot that ends too early')
  store.replace(entries, index)
}

function readHead(bytes: Uint8Array): LogIndex {
  const reader = new CommandReader(bytes)
  const version = reader.u8()
  if (version !== VERSION) throw invalid(`a snapshot of version ${version}`)
  return reader.u53()
}

/** Undefined: it is not all there. */
function endOfEntry(bytes: Uint8Array, offset: number): number | undefined {
  if (bytes.length - offset < LENGTH_BYTES) return undefined
  const end = offset + LENGTH_BYTES + new CommandReader(bytes.subarray(offset)).u32()
  return end <= bytes.length ? end : undefined
}

function readEntry(reader: CommandReader): KvEntry {
  const key = reader.text(reader.u16())
  const [createdIndex, modifiedIndex] = [reader.u53(), reader.u53()]
  return { key, value: readValue(reader), createdIndex, modifiedIndex }
}

function readValue(reader: CommandReader): KvValue {
  const kind = reader.u8()
  if (kind === STRING) return reader.text(reader.remaining)
  if (kind === BYTES) return reader.raw(reader.remaining)
  throw invalid(`a snapshot with a value of kind ${kind}`)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
