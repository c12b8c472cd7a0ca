// A log that is written to at 70 % of what it can do: no append may wait for the next segment.
import { setTimeout as pause } from 'node:timers/promises'
import { payloadBytesOf, type Shape } from './batches.js'
import { appendAll, MeasuredLog } from './open-log.js'

export interface PacedOptions {
  readonly shape: Shape
  readonly segmentBytes: number
  readonly batchesPerSecond: number
  /** True: the log is compacted as it grows, so segments are recycled. False: each one is filled with zeros ahead. */
  readonly compacts: boolean
  readonly segments: number
}

export interface PacedResult {
  readonly compacts: boolean
  /** What was aimed at, and what came of it. */
  readonly wantedPerSecond: number
  readonly batchesPerSecond: number
  /** Filled meanwhile. */
  readonly segments: number
  readonly segmentWaits: number
}

export async function measurePaced(directory: string, options: PacedOptions): Promise<PacedResult> {
  const { shape, segmentBytes, batchesPerSecond, compacts, segments } = options
  const log = await MeasuredLog.create(directory, segmentBytes)
  const append = log.append.bind(log)
  // The first segment of an opening grows until a spare is ready.
  while (log.storage.stats().spareSegments === 0) await appendAll(append, [log.batches.take(shape)])
  const waitsBefore = log.storage.stats().segmentWaits
  const count = Math.ceil((segments * segmentBytes) / payloadBytesOf(shape))
  const start = performance.now()
  let compacted = 0
  let compacting: Promise<void> = Promise.resolve()
  for (let written = 0; written < count; written++) {
    const early = start + (written / batchesPerSecond) * 1000 - performance.now()
    if (early > 1) await pause(early)
    await appendAll(append, [log.batches.take(shape)])
    const bytes = written * payloadBytesOf(shape)
    if (!compacts || bytes < compacted + 2 * segmentBytes) continue
    compacted = bytes
    compacting = compacting.then(() => log.compact())
  }
  const seconds = (performance.now() - start) / 1000
  await compacting
  const { segmentWaits } = log.storage.stats()
  await log.close()
  return {
    compacts,
    wantedPerSecond: batchesPerSecond,
    batchesPerSecond: count / seconds,
    segments,
    segmentWaits: segmentWaits - waitsBefore,
  }
}
