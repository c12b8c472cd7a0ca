// A record of the log: forty bytes and a body. It can be recognised and checked wherever it stands.
//
//    0  u32  CRC-32 of bytes 4-39 and of the body's head    17  u8   flags: 1, last record of its batch
//    4  u32  salt of the segment                            18  u16  reserved, 0
//    8  u32  CRC of the record before; of the segment       20  u32  group, 0
//            header, for the first                          24  u53  batch number
//   12  u32  bytes of the body                              32  u53  block: first effective index; truncation: first
//   16  u8   kind                                                    index removed; hard state: 0
//
// The head of a block is its first twelve bytes, which end with its own CRC-32 of all the rest; the head of any other
// body is all of it.
import { crc32 } from 'node:zlib'
import { BLOCK_BYTES_MAX } from '@riverraft/core'
import { getU53, putU53 } from './bytes.js'

export const RECORD_BYTES = 40
/** How much of a body its record's CRC covers at most; and how long a body that is no block may be. */
export const HEAD_BYTES_MAX = 512
const BLOCK_HEAD_BYTES = 12

export const RecordKind = {
  /** The body is an entry block, unchanged. */
  Block: 1,
  /** u53 currentTerm, u8 whether there is a vote, then u16 length and UTF-8 of votedFor; u53 generation, if not 0. */
  HardState: 2,
  /** u53 term of the entry before the first one removed. */
  Truncation: 3,
} as const
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind]

const FLAG_LAST = 1

export interface RecordHeader {
  readonly crc: number
  readonly salt: number
  /** Of the record before. */
  readonly previousCrc: number
  readonly bodyBytes: number
  readonly kind: RecordKind
  /** The batch ends with this record. */
  readonly last: boolean
  readonly batch: number
  readonly index: number
}

export function bodyBytesMax(kind: RecordKind): number {
  return kind === RecordKind.Block ? BLOCK_BYTES_MAX : HEAD_BYTES_MAX
}

/** Writes the header in front of `body` to `at`, and returns its CRC. */
export function putRecord(
  into: Buffer,
  at: number,
  header: Omit<RecordHeader, 'crc' | 'bodyBytes'>,
  body: Uint8Array,
): number {
  into.writeUInt32LE(header.salt, at + 4)
  into.writeUInt32LE(header.previousCrc, at + 8)
  into.writeUInt32LE(body.length, at + 12)
  into.writeUInt32LE(header.kind | (header.last ? FLAG_LAST << 8 : 0), at + 16)
  into.writeUInt32LE(0, at + 20)
  putU53(into, at + 24, header.batch)
  putU53(into, at + 32, header.index)
  const crc = crc32(headOf(header.kind, body), crc32(into.subarray(at + 4, at + RECORD_BYTES)))
  into.writeUInt32LE(crc, at)
  return crc
}

/** The header at `at`, if that could be one: its CRC is not checked yet. */
export function parseRecord(bytes: Buffer, at: number): RecordHeader | undefined {
  const kind = bytes[at + 16] as RecordKind
  if (kind < RecordKind.Block || kind > RecordKind.Truncation) return undefined
  const flags = bytes[at + 17]!
  if (flags > FLAG_LAST || bytes.readUInt16LE(at + 18) !== 0) return undefined
  if (bytes.readUInt32LE(at + 20) !== 0) return undefined
  const bodyBytes = bytes.readUInt32LE(at + 12)
  if (bodyBytes > bodyBytesMax(kind)) return undefined
  if (kind === RecordKind.Block && bodyBytes < BLOCK_HEAD_BYTES) return undefined
  const batch = getU53(bytes, at + 24)
  const index = getU53(bytes, at + 32)
  if (!Number.isSafeInteger(batch) || !Number.isSafeInteger(index)) return undefined
  const crc = bytes.readUInt32LE(at)
  const salt = bytes.readUInt32LE(at + 4)
  const previousCrc = bytes.readUInt32LE(at + 8)
  return { crc, salt, previousCrc, bodyBytes, kind, last: flags === FLAG_LAST, batch, index }
}

/** How many bytes from the record's beginning its CRC covers. */
export function checkedBytes({ kind, bodyBytes }: RecordHeader): number {
  return RECORD_BYTES + (kind === RecordKind.Block ? BLOCK_HEAD_BYTES : bodyBytes)
}

/** Whether its CRC is right; `checkedBytes` of it are at hand. */
export function isWhole(header: RecordHeader, bytes: Buffer, at: number): boolean {
  return header.crc === crc32(bytes.subarray(at + 4, at + checkedBytes(header)))
}

function headOf(kind: RecordKind, body: Uint8Array): Uint8Array {
  return kind === RecordKind.Block ? body.subarray(0, BLOCK_HEAD_BYTES) : body
}
