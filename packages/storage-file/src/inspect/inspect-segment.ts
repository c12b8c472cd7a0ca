// Goes through one segment record by record, also over what is damaged, with a chunk of it in memory.
import { decodeHardState, decodeTruncation } from '../batch.js'
import { readUpTo } from '../calls.js'
import type { File, FileSystem } from '../file-system.js'
import { findLaterBatch } from '../later-batch.js'
import { RecordKind } from '../record.js'
import { type FoundRecord, RecordReader } from '../record-reader.js'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX, type StoredSegmentHeader } from '../segment-header.js'
import { type Finding, type FoundRecordData, type FoundSegment, hex } from './findings.js'

const CHUNK_BYTES = 1024 * 1024
/** Of the CRC in the head of a block. */
const BLOCK_CRC_AT = 8

/** `file` is the name to say. */
export async function* inspectSegment(
  fileSystem: FileSystem,
  path: string,
  file: string,
): AsyncGenerator<Finding, void, undefined> {
  const opened = await fileSystem.open(path, 'read')
  try {
    const bytes = await fileSystem.size(opened)
    const header = await readHeader(fileSystem, opened, path)
    yield { type: 'segment', file, bytes, header: header && told(header) }
    yield* records(fileSystem, opened, file, bytes, header)
  } finally {
    await fileSystem.close(opened)
  }
}

async function readHeader(
  fileSystem: FileSystem,
  file: File,
  path: string,
): Promise<StoredSegmentHeader | undefined> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES_MAX)
  const have = await readUpTo(fileSystem, file, bytes, 0)
  return decodeSegmentHeader(bytes.subarray(0, have), path)
}

function told({ bytes: _, crc, salt, previousCrc, ...header }: StoredSegmentHeader): FoundSegment['header'] {
  return { ...header, crc: hex(crc), salt: hex(salt), previousCrc: hex(previousCrc) }
}

async function* records(
  fileSystem: FileSystem,
  opened: File,
  file: string,
  bytes: number,
  header: StoredSegmentHeader | undefined,
): AsyncGenerator<Finding, void, undefined> {
  let end = header?.length ?? 0
  let [count, batches] = [0, 0]
  if (header !== undefined) {
    for await (const found of wholeRecords(fileSystem, opened, bytes, header)) {
      if ('gapFrom' in found) {
        yield { type: 'gap', file, offset: found.gapFrom, bytes: found.to - found.gapFrom }
        continue
      }
      yield describe(file, found)
      count++
      if (!found.last) continue
      batches++
      end = found.position + found.bytes.length
    }
  }
  const behind = end === bytes ? 'nothing' : (await onlyZeros(fileSystem, opened, end)) ? 'zeros' : 'other'
  yield { type: 'segmentEnd', file, end, records: count, batches, bytesBehind: bytes - end, behind }
}

/** Also those behind damage: whether they count, opening decides. A gap of no bytes: the record belongs elsewhere. */
async function* wholeRecords(
  fileSystem: FileSystem,
  file: File,
  end: number,
  header: StoredSegmentHeader,
): AsyncGenerator<FoundRecord | { gapFrom: number; to: number }, void, undefined> {
  const { salt } = header
  const reader = new RecordReader(fileSystem, file, { salt, position: header.length, end }, CHUNK_BYTES)
  let previousCrc = header.crc
  let batch = header.firstBatch
  let gapFrom: number | undefined
  for (;;) {
    const { position } = reader
    const record = await reader.next()
    if (record === undefined) {
      gapFrom ??= position
      const next = await findLaterBatch(fileSystem, file, position + 1, { batch: batch - 1, salt })
      if (next === undefined) return
      reader.position = next
      continue
    }
    if (gapFrom !== undefined || record.previousCrc !== previousCrc) {
      yield { gapFrom: gapFrom ?? position, to: position }
    }
    yield record
    gapFrom = undefined
    previousCrc = record.crc
    batch = record.batch
  }
}

function describe(file: string, record: FoundRecord): FoundRecordData {
  const { position: offset, index, body, last, batch } = record
  const common = {
    type: 'record',
    file,
    offset,
    bytes: record.bytes.length,
    crc: hex(record.crc),
    batch,
    last,
  } as const
  switch (record.kind) {
    case RecordKind.HardState:
      return { ...common, kind: 'hardState', ...decodeHardState(body) }
    case RecordKind.Truncation:
      return { ...common, kind: 'truncation', from: index, termBefore: decodeTruncation(body) }
    case RecordKind.Block: {
      const { firstIndex: blockFirstIndex, lastIndex, term, timestamp } = record.block!
      const blockCrc = hex(body.readUInt32LE(BLOCK_CRC_AT))
      return {
        ...common,
        kind: 'block',
        firstIndex: index,
        lastIndex,
        blockFirstIndex,
        term,
        timestamp,
        blockCrc,
      }
    }
  }
}

async function onlyZeros(fileSystem: FileSystem, file: File, from: number): Promise<boolean> {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const zeros = Buffer.alloc(CHUNK_BYTES)
  for (let position = from; ; position += CHUNK_BYTES) {
    const have = await readUpTo(fileSystem, file, chunk, position)
    if (!chunk.subarray(0, have).equals(zeros.subarray(0, have))) return false
    if (have < CHUNK_BYTES) return true
  }
}
