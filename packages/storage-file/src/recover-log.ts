// Opening: reads every segment, proves that nothing acknowledged is missing, and changes nothing.
import type { HardState, StorageIdentity } from '@riverraft/core'
import { readUpTo, withFile } from './calls.js'
import { EffectiveLog } from './effective-log.js'
import { corrupt } from './errors.js'
import type { File, FileSystem } from './file-system.js'
import { findLaterBatch } from './later-batch.js'
import { segmentName, segmentsAmong } from './names.js'
import { judgeTornHeader } from './next-segment.js'
import { RecordReader, SharedChunks } from './record-reader.js'
import { type ScannedBatch, type SegmentScan, scanSegment } from './scan-segment.js'
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES_MAX, type StoredSegmentHeader } from './segment-header.js'

/** Read at once. */
const CHUNK_BYTES = 1024 * 1024

/** A segment that holds batches. */
export interface Segment {
  readonly sequence: number
  readonly salt: number
  /** Behind its last whole batch, and the CRC of its last record. */
  end: number
  crc: number
}

export interface RecoveredLog {
  readonly log: EffectiveLog
  readonly segments: Segment[]
  hardState: HardState
  generation: number
  /** Number of the last whole batch. */
  batch: number
  /** The segments' entries no longer count: the log goes on behind a snapshot, which the next segment has to say. */
  dropped: boolean
  /** The last batch, in the last segment, if there is one: where it stands, and what was read there. */
  lastBatch: { readonly from: number; readonly bytes: readonly Uint8Array[] } | undefined
  /** Files that were prepared, or whose first batch was being written: they hold nothing that counts. */
  readonly unused: string[]
}

interface Header {
  readonly path: string
  readonly sequence: number
  readonly header: StoredSegmentHeader | undefined
}

/** @throws RaftError ERR_STORAGE_CORRUPT */
export async function recoverLog(
  fileSystem: FileSystem,
  directory: string,
  names: readonly string[],
  identity: StorageIdentity,
): Promise<RecoveredLog> {
  const headers: Header[] = []
  for (const sequence of segmentsAmong(names)) {
    const path = `${directory}/${segmentName(sequence)}`
    const header = await withFile(fileSystem, path, 'read', (file) => readHeader(fileSystem, path, file))
    headers.push({ path, sequence, header })
  }
  checkHeaders(directory, headers, identity)
  const recovered: RecoveredLog = {
    log: new EffectiveLog(),
    segments: [],
    hardState: { currentTerm: 0, votedFor: undefined },
    generation: identity.generation ?? 0,
    batch: 0,
    dropped: false,
    lastBatch: undefined,
    unused: [],
  }
  const shared = new SharedChunks(CHUNK_BYTES)
  for (const [i, { path, sequence, header }] of headers.entries()) {
    if (header === undefined) {
      // Only the last one can be without: its first batch was never acknowledged, if there is nothing after that.
      await refuseUnlessTorn(fileSystem, path, recovered, identity)
      recovered.unused.push(path)
      continue
    }
    if (i === 0) begin(recovered, header)
    else checkContinues(recovered, path, header)
    if (header.restart) recovered.log.restart(header.firstIndex - 1, header.previousTerm)
    const scan = await scanOne(fileSystem, path, header, headers[i + 1]?.header, recovered, shared)
    recovered.batch = scan.batch
    recovered.lastBatch = { from: scan.batchAt, bytes: scan.batchBytes }
    recovered.segments.push({ sequence, salt: header.salt, end: scan.end, crc: scan.crc })
  }
  return recovered
}

async function readHeader(
  fileSystem: FileSystem,
  path: string,
  file: File,
): Promise<StoredSegmentHeader | undefined> {
  return decodeSegmentHeader(await readStart(fileSystem, file), path)
}

async function readStart(fileSystem: FileSystem, file: File): Promise<Buffer> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES_MAX)
  const have = await readUpTo(fileSystem, file, bytes, 0)
  return bytes.subarray(0, have)
}

function checkHeaders(directory: string, headers: readonly Header[], identity: StorageIdentity): void {
  for (const [i, { path, sequence, header }] of headers.entries()) {
    const expected = i === 0 ? sequence : headers[i - 1]!.sequence + 1
    if (sequence !== expected)
      throw corrupt(`${directory}/${segmentName(expected)}`, undefined, 'the segment is missing')
    if (header === undefined) {
      if (i < headers.length - 1) throw corrupt(path, 0, 'the header is damaged')
      if (i === 0 && sequence > 1)
        throw corrupt(`${directory}/${segmentName(sequence - 1)}`, undefined, 'the segment is missing')
      continue
    }
    const { clusterId, nodeId, incarnation } = header
    const belongs =
      clusterId === identity.clusterId && nodeId === identity.nodeId && incarnation === identity.incarnation
    if (!belongs)
      throw corrupt(path, 0, `the segment is of node '${nodeId}' of cluster '${clusterId}' (${incarnation})`)
    if (header.sequence !== sequence) throw corrupt(path, 0, `the segment is number ${header.sequence}`)
  }
}

/** Older segments may be gone: the first one there is says what they came to. */
function begin(recovered: RecoveredLog, header: StoredSegmentHeader): void {
  recovered.log.restart(header.firstIndex - 1, header.previousTerm)
  recovered.hardState = header.hardState
  recovered.generation = header.generation
  recovered.batch = header.firstBatch - 1
}

function checkContinues(recovered: RecoveredLog, path: string, header: StoredSegmentHeader): void {
  const { log, hardState, generation, batch } = recovered
  const previous = recovered.segments.at(-1)!
  const matches =
    header.firstBatch === batch + 1 &&
    header.previousEnd === previous.end &&
    header.previousCrc === previous.crc &&
    header.hardState.currentTerm === hardState.currentTerm &&
    header.hardState.votedFor === hardState.votedFor &&
    header.generation === generation &&
    (header.restart ||
      (header.firstIndex === log.lastIndex + 1 && header.previousTerm === log.termAt(log.lastIndex)))
  if (!matches) throw corrupt(path, 0, 'the header does not continue the segment before')
}

/** Where the next segment says that this one ends, it ends; the last one may end in half a batch. */
async function scanOne(
  fileSystem: FileSystem,
  path: string,
  header: StoredSegmentHeader,
  next: StoredSegmentHeader | undefined,
  recovered: RecoveredLog,
  shared: SharedChunks,
): Promise<SegmentScan> {
  return withFile(fileSystem, path, 'read', async (file) => {
    const end = next?.previousEnd ?? (await fileSystem.size(file))
    const place = { salt: header.salt, position: header.length, end }
    const reader = new RecordReader(fileSystem, file, place, CHUNK_BYTES, shared)
    const apply = (batch: ScannedBatch): void => applyBatch(recovered, batch, header.sequence)
    const scan = await scanSegment(path, header, reader, apply, shared)
    if (next === undefined) {
      await refuseLater(fileSystem, path, file, scan.stoppedAt, { batch: scan.batch + 1, salt: header.salt })
    } else if (scan.end !== next.previousEnd || scan.crc !== next.previousCrc) {
      throw corrupt(
        path,
        scan.stoppedAt,
        `a record is damaged that was acknowledged: the segment goes on to ${end}`,
      )
    }
    return scan
  })
}

/** A crash during the write of header and first batch may leave any part of both. */
async function refuseUnlessTorn(
  fileSystem: FileSystem,
  path: string,
  recovered: RecoveredLog,
  identity: StorageIdentity,
): Promise<void> {
  await withFile(fileSystem, path, 'read', async (file) => {
    const bytes = await readStart(fileSystem, file)
    const { damagedAt, salt } = judgeTornHeader(bytes, recovered, identity)
    if (damagedAt !== undefined) {
      throw corrupt(path, damagedAt, 'the header is damaged: this is neither what was written nor zeros')
    }
    await refuseLater(fileSystem, path, file, 0, { batch: recovered.batch + 1, salt })
  })
}

/** Half of the batch may stand from `from` on; anything later proves that it had been whole. */
async function refuseLater(
  fileSystem: FileSystem,
  path: string,
  file: File,
  from: number,
  half: { readonly batch: number; readonly salt: number | undefined },
): Promise<void> {
  const later = await findLaterBatch(fileSystem, file, from, half)
  if (later === undefined) return
  throw corrupt(path, from, `the log is damaged here, yet a record of a later batch stands at byte ${later}`)
}

function applyBatch(
  recovered: RecoveredLog,
  { truncation, hardState, blocks }: ScannedBatch,
  sequence: number,
): void {
  const { log } = recovered
  if (truncation !== undefined) {
    if (truncation.from > log.lastIndex + 1)
      throw new Error(`truncation at ${truncation.from} after ${log.lastIndex}`)
    log.truncate(truncation.from, truncation.termBefore)
  }
  if (hardState !== undefined) {
    recovered.hardState = hardState.hardState
    recovered.generation = hardState.generation
  }
  for (const { first, last, term, offset, isMembership } of blocks) {
    if (first !== log.lastIndex + 1) throw new Error(`entries from ${first} stand after ${log.lastIndex}`)
    if (term < log.termAt(log.lastIndex)!) throw new Error(`term ${term} stands after a later one`)
    log.append(first, last, term, { sequence, offset }, isMembership)
  }
}
