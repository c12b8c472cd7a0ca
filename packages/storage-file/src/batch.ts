// A batch as bytes: one record per step, in the order in which they happen; the last one says that it is the last.
import type { HardState, LogIndex, Term, WriteBatch } from '@riverraft/core'
import { FieldReader, FieldWriter } from './bytes.js'
import { bodyBytesMax, putRecord, RECORD_BYTES, RecordKind } from './record.js'

/** What a record of hard state says: the generation stands beside term and vote, and is kept as they are. */
export interface HardStateRecord {
  readonly hardState: HardState
  readonly generation: number
}

interface Step {
  readonly kind: RecordKind
  readonly index: LogIndex
  readonly body: Uint8Array
}

/** A batch whose records are known, and their size, but not yet where they will stand. */
export interface PlannedBatch {
  readonly steps: readonly Step[]
  readonly bytes: number
}

/**
 * `termBefore`: of the entry before the truncation; `now`: what a batch that says nothing of it leaves as it is.
 * @throws Error
 */
export function planBatch(batch: WriteBatch, termBefore: Term, now: HardStateRecord): PlannedBatch {
  const { truncateFrom, blocks, hardState = now.hardState, generation = now.generation } = batch
  const steps: Step[] = []
  if (truncateFrom !== undefined) {
    const body = new FieldWriter().u53(termBefore).bytes()
    steps.push({ kind: RecordKind.Truncation, index: truncateFrom, body })
  }
  if (batch.hardState !== undefined || batch.generation !== undefined) {
    const body = encodeHardState({ hardState, generation })
    steps.push({ kind: RecordKind.HardState, index: 0, body })
  }
  for (const { block, firstIndex } of blocks) {
    steps.push({ kind: RecordKind.Block, index: firstIndex, body: block.bytes })
  }
  let bytes = 0
  for (const { kind, body } of steps) {
    // Written, it would not be recognised as a record when it is read.
    if (body.length > bodyBytesMax(kind)) throw new Error(`wrong batch: a record of ${body.length} bytes`)
    bytes += RECORD_BYTES + body.length
  }
  return { steps, bytes }
}

export interface EncodedBatch {
  /** Headers and blocks as they will stand in the file; the blocks are the caller's own bytes. */
  readonly buffers: readonly Uint8Array[]
  /** Of the last record. */
  readonly crc: number
}

export function encodeBatch(
  { steps }: PlannedBatch,
  segment: { readonly salt: number; readonly crc: number },
  batch: number,
): EncodedBatch {
  let own = 0
  for (const { kind, body } of steps) own += RECORD_BYTES + (kind === RecordKind.Block ? 0 : body.length)
  const headers = Buffer.allocUnsafe(own)
  const buffers: Uint8Array[] = []
  let previousCrc = segment.crc
  let from = 0
  let at = 0
  for (let i = 0; i < steps.length; i++) {
    const { kind, index, body } = steps[i]!
    const last = i === steps.length - 1
    previousCrc = putRecord(headers, at, { salt: segment.salt, previousCrc, kind, last, batch, index }, body)
    at += RECORD_BYTES
    if (kind === RecordKind.Block) {
      buffers.push(headers.subarray(from, at), body)
      from = at
    } else {
      headers.set(body, at)
      at += body.length
    }
  }
  if (from < at) buffers.push(headers.subarray(from, at))
  return { buffers, crc: previousCrc }
}

function encodeHardState({ hardState: { currentTerm, votedFor }, generation }: HardStateRecord): Buffer {
  return new FieldWriter().u53(currentTerm).optionalText(votedFor).u53UnlessZero(generation).bytes()
}

export function decodeHardState(body: Buffer): HardStateRecord {
  const fields = new FieldReader(body)
  const hardState = { currentTerm: fields.u53(), votedFor: fields.optionalText() }
  return { hardState, generation: fields.u53OrZero() }
}

/** The term before the truncation. */
export function decodeTruncation(body: Buffer): Term {
  return new FieldReader(body).u53()
}

/** The positions of a batch's blocks, relative to its beginning. */
export function* blockOffsets({ steps }: PlannedBatch): Generator<number> {
  let at = 0
  for (const { kind, body } of steps) {
    if (kind === RecordKind.Block) yield at
    at += RECORD_BYTES + body.length
  }
}
