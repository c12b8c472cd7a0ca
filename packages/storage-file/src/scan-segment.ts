// Reads one segment and tells what happened in it, batch by batch, up to its last whole batch.
import type { LogIndex, Term } from '@riverraft/core'
import { decodeHardState, decodeTruncation, type HardStateRecord } from './batch.js'
import { corrupt } from './errors.js'
import { RecordKind } from './record.js'
import type { FoundRecord, RecordReader, SharedChunks } from './record-reader.js'
import type { StoredSegmentHeader } from './segment-header.js'

/** What one batch did, without the bytes. */
export interface ScannedBatch {
  truncation: { readonly from: LogIndex; readonly termBefore: Term } | undefined
  hardState: HardStateRecord | undefined
  readonly blocks: {
    readonly first: LogIndex
    readonly last: LogIndex
    readonly term: Term
    readonly offset: number
    readonly isMembership: boolean
  }[]
}

export interface SegmentScan {
  /** Behind the last whole batch, and the CRC of its last record. */
  readonly end: number
  readonly crc: number
  /** Number of the last whole batch. */
  readonly batch: number
  /** Where that batch begins, and all of it as it was read; with the header when it is the first one. */
  readonly batchAt: number
  readonly batchBytes: readonly Uint8Array[]
  /** Where there was no whole record any more. */
  readonly stoppedAt: number
}

/** @throws RaftError ERR_STORAGE_CORRUPT when whole records contradict each other, or `apply` says so */
export async function scanSegment(
  path: string,
  header: StoredSegmentHeader,
  reader: RecordReader,
  apply: (batch: ScannedBatch) => void,
  shared?: SharedChunks,
): Promise<SegmentScan> {
  let [end, crc, batch] = [header.length, header.crc, header.firstBatch - 1]
  let batchAt = 0
  let batchBytes: Uint8Array[] = [header.bytes]
  let previousCrc = crc
  let open = emptyBatch()
  let openBytes: Uint8Array[] = []
  if (shared !== undefined) {
    shared.beforeReuse = (memory) => {
      batchBytes = batchBytes.map((bytes) => outside(memory, bytes))
      openBytes = openBytes.map((bytes) => outside(memory, bytes))
    }
  }
  for (;;) {
    const stoppedAt = reader.position
    const record = reader.nextInMemory() ?? (await reader.next())
    if (record === undefined || record.previousCrc !== previousCrc) {
      shared?.release()
      return { end, crc, batch, batchAt, batchBytes, stoppedAt }
    }
    try {
      if (record.batch !== batch + 1) throw new Error(`batch ${record.batch} stands after batch ${batch}`)
      add(open, record)
      if (record.last) apply(open)
    } catch (cause) {
      throw corrupt(path, record.position, cause instanceof Error ? cause.message : String(cause), cause)
    }
    previousCrc = record.crc
    openBytes.push(record.bytes)
    if (!record.last) continue
    if (batch >= header.firstBatch) {
      batchAt = end
      batchBytes = openBytes
    } else batchBytes.push(...openBytes)
    end = reader.position
    crc = record.crc
    batch = record.batch
    open = emptyBatch()
    openBytes = []
  }
}

function outside(memory: ArrayBufferLike, bytes: Uint8Array): Uint8Array {
  return bytes.buffer === memory ? Uint8Array.from(bytes) : bytes
}

function emptyBatch(): ScannedBatch {
  return { truncation: undefined, hardState: undefined, blocks: [] }
}

function add(batch: ScannedBatch, { kind, index, body, block, position }: FoundRecord): void {
  switch (kind) {
    case RecordKind.Truncation:
      batch.truncation = { from: index, termBefore: decodeTruncation(body) }
      return
    case RecordKind.HardState:
      batch.hardState = decodeHardState(body)
      return
    case RecordKind.Block: {
      const { lastIndex: last, term, members } = block!
      const isMembership = members !== undefined
      batch.blocks.push({ first: index, last, term, offset: position, isMembership })
    }
  }
}
