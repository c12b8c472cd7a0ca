// A snapshot of the store as bytes, little endian: frames of a u32 length and so many bytes, however they are cut.
//
//   first frame   u8 version (1), u53 index of the last command, u53 count of entries
//   other frames  entries: u16 length and UTF-8 key, u53 createdIndex, u53 modifiedIndex,
//                 u8 kind (1 string, 2 bytes), u32 length and content of the value
import type { LogIndex } from '@riverraft/core'
import type { Capture } from './capture.js'
import { CommandReader } from './command-reader.js'
import { CommandWriter } from './command-writer.js'
import { damaged, frames } from './frames.js'
import type { KvEntry } from './state.js'

const VERSION = 1
const STRING = 1
const BYTES = 2
/** A frame ends with the entry that fills it. */
const FRAME_BYTES = 64 * 1024

/** What a snapshot holds. */
export interface KvImage {
  readonly index: LogIndex
  readonly entries: readonly KvEntry[]
}

/** Frame by frame, as fast as they are taken; the store goes on meanwhile. */
export function encodeSnapshot(capture: Capture): AsyncGenerator<Uint8Array, void, undefined> {
  const content = encode(capture)
  // A generator that was never begun runs no `finally`.
  const { return: end } = content
  content.return = (value) => {
    capture.close()
    return end.call(content, value)
  }
  return content
}

async function* encode(capture: Capture): AsyncGenerator<Uint8Array, void, undefined> {
  const entries = capture.read()
  try {
    yield frame((writer) => writer.u8(VERSION).u53(capture.index).u53(capture.size))
    for (let next = entries.next(); !next.done; ) {
      yield frame((writer) => {
        while (!next.done && writer.length < FRAME_BYTES) {
          writeEntry(writer, next.value)
          next = entries.next()
        }
      })
    }
  } finally {
    entries.return()
    capture.close()
  }
}

/** The writer's memory is shared: a frame is written without a pause. */
function frame(write: (writer: CommandWriter) => void): Uint8Array {
  const writer = new CommandWriter().u32(0)
  write(writer)
  writer.patchU32(0, writer.length - 4)
  return writer.finish()
}

function writeEntry(writer: CommandWriter, { key, value, createdIndex, modifiedIndex }: KvEntry): void {
  const keyAt = writer.length
  writer.u16(0).text(key)
  writer.patchU16(keyAt, writer.length - keyAt - 2)
  writer.u53(createdIndex).u53(modifiedIndex)
  const isText = typeof value === 'string'
  const valueAt = writer.u8(isText ? STRING : BYTES).length
  writer.u32(0)
  if (isText) writer.text(value)
  else writer.raw(value)
  writer.patchU32(valueAt, writer.length - valueAt - 4)
}

/**
 * Reads all of it before anything is made of it.
 * @throws RaftError ERR_STORAGE_CORRUPT when it is not a whole snapshot of this version
 */
export async function decodeSnapshot(content: AsyncIterable<Uint8Array>): Promise<KvImage> {
  let header: { readonly index: LogIndex; readonly count: number } | undefined
  const entries: KvEntry[] = []
  for await (const bytes of frames(content)) {
    const reader = new CommandReader(bytes)
    try {
      if (header === undefined) header = readHeader(reader)
      else while (reader.remaining > 0) entries.push(readEntry(reader))
    } catch (cause) {
      throw damaged(cause instanceof Error ? cause.message : String(cause))
    }
  }
  if (header === undefined) throw damaged('it is empty')
  if (entries.length !== header.count) throw damaged(`${entries.length} entries of ${header.count}`)
  // Those whose keys were removed while it was written stand behind the others.
  entries.sort((a, b) => a.createdIndex - b.createdIndex)
  return { index: header.index, entries }
}

function readHeader(reader: CommandReader): { readonly index: LogIndex; readonly count: number } {
  const version = reader.u8()
  if (version !== VERSION) throw new Error(`version ${version}`)
  const header = { index: reader.u53(), count: reader.u53() }
  reader.end()
  return header
}

function readEntry(reader: CommandReader): KvEntry {
  const key = reader.text(reader.u16())
  const createdIndex = reader.u53()
  const modifiedIndex = reader.u53()
  const kind = reader.u8()
  if (kind !== STRING && kind !== BYTES) throw new Error(`a value of kind ${kind}`)
  const length = reader.u32()
  const value = kind === STRING ? reader.text(length) : reader.raw(length)
  return { key, value, createdIndex, modifiedIndex }
}
