// The header of a segment: who it belongs to, what it continues, and the hard state, so that older segments can go.
import type { HardState, LogIndex, Term } from '@riverraft/core'
import { FieldWriter } from './bytes.js'
import { type Sealed, seal, unseal } from './sealed.js'

/** "RVRL" as bytes. */
const MAGIC = 0x4c525652
/** Three ids and a vote of at most 255 bytes each, and the numbers. */
export const SEGMENT_HEADER_BYTES_MAX = 2048

/** Where the salt stands. */
export const SALT_AT = 16

/** Whether a header's byte at `at` depends on more than what stands before the segment: CRC, salt, and a restart. */
export function isUnforeseeable(at: number): boolean {
  return (at >= 12 && at < 21) || (at >= 37 && at < 53)
}

export interface SegmentHeader {
  readonly sequence: number
  /** Every record of the segment carries it; what is left of an earlier use of the file carries another. */
  readonly salt: number
  /** True: the log before it was given up in favour of a snapshot at (firstIndex - 1, previousTerm). */
  readonly restart: boolean
  readonly firstBatch: number
  /** One above the end of the log before this segment. */
  readonly firstIndex: LogIndex
  /** The term of the entry before `firstIndex`, 0 when there is none. */
  readonly previousTerm: Term
  /** Where the segment before this one ends, and the CRC of its last record; what stands behind is not the log. */
  readonly previousEnd: number
  readonly previousCrc: number
  readonly hardState: HardState
  readonly generation: number
  readonly clusterId: string
  readonly nodeId: string
  readonly incarnation: string
}

/** A header as it was found. */
export interface StoredSegmentHeader extends SegmentHeader {
  /** The first record follows. */
  readonly length: number
  readonly crc: number
  readonly bytes: Uint8Array
}

export function encodeSegmentHeader(header: SegmentHeader): Sealed {
  const { currentTerm, votedFor } = header.hardState
  const fields = new FieldWriter().u32(header.salt).u8(header.restart ? 1 : 0)
  fields.u53(header.sequence).u53(header.firstBatch).u53(header.firstIndex).u53(header.previousTerm)
  fields.u53(header.previousEnd).u32(header.previousCrc).u53(currentTerm).optionalText(votedFor)
  fields.text(header.clusterId).text(header.nodeId).text(header.incarnation)
  return seal(MAGIC, fields.u53UnlessZero(header.generation))
}

/** Undefined when it is not whole. */
export function decodeSegmentHeader(bytes: Buffer, path: string): StoredSegmentHeader | undefined {
  const sealed = unseal(MAGIC, bytes, path)
  if (sealed === undefined) return undefined
  const { fields, length, crc } = sealed
  return {
    salt: fields.u32(),
    restart: fields.u8() === 1,
    sequence: fields.u53(),
    firstBatch: fields.u53(),
    firstIndex: fields.u53(),
    previousTerm: fields.u53(),
    previousEnd: fields.u53(),
    previousCrc: fields.u32(),
    hardState: { currentTerm: fields.u53(), votedFor: fields.optionalText() },
    clusterId: fields.text(),
    nodeId: fields.text(),
    incarnation: fields.text(),
    generation: fields.u53OrZero(),
    length,
    crc,
    bytes: Uint8Array.from(bytes.subarray(0, length)),
  }
}
