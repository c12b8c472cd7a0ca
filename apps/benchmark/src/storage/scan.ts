// How fast a log is read: by an opening, which verifies all of it, and by a node that applies it after a restart.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Scope } from '../cluster/resources.js'
import { payloadBytesOf, type Shape } from './batches.js'
import { appendAll, MeasuredLog } from './open-log.js'

const MAIN = fileURLToPath(new URL('./scan-main.js', import.meta.url))
/** Blocks are collected into batches of about that size: how they were written does not matter here. */
const BATCH_BYTES = 1024 * 1024

export interface ScanOptions {
  readonly shape: Shape
  readonly logBytes: number
  readonly segmentBytes: number
}

/** Of one process that did nothing else. */
export interface ScanFigures {
  /** All segments. */
  readonly fileBytes: number
  readonly logEntries: number
  /** The files read from end to end, and nothing done with them: what the disk or its cache gives at most. */
  readonly bareReadMs: number
  readonly openMs: number
  /** Reading every block back through the storage. */
  readonly readMs: number
  /** Applying all entries to a state machine that does next to nothing, without reading them. */
  readonly applyMs: number
  /** By how much the process grew at most, in bytes: while opening, while reading. */
  readonly openPeakBytes: number
  readonly readPeakBytes: number
  /** What is left of it in the JavaScript heap after opening: the index, mostly. */
  readonly indexBytes: number
}

export type ScanResult = Shape & ScanFigures

export async function measureScan(scope: Scope, name: string, options: ScanOptions): Promise<ScanResult> {
  const directory = join(scope.directory, name)
  await build(directory, options)
  const child = fork(MAIN, [directory], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--expose-gc'],
  })
  scope.adopt(child)
  const [answer] = await Promise.race([once(child, 'message'), once(child, 'close').then(() => [undefined])])
  if (answer === undefined) throw new Error('the process that read the log has ended without an answer')
  return { ...options.shape, ...(answer as ScanFigures) }
}

async function build(directory: string, { shape, logBytes, segmentBytes }: ScanOptions): Promise<void> {
  const log = await MeasuredLog.create(directory, segmentBytes)
  const append = log.append.bind(log)
  const blocksPerBatch = Math.max(1, Math.floor(BATCH_BYTES / payloadBytesOf(shape)))
  for (let bytes = 0; bytes < logBytes; bytes += blocksPerBatch * payloadBytesOf(shape)) {
    const batch = Array.from({ length: blocksPerBatch }, () => log.batches.take(shape)).flat()
    await appendAll(append, [batch])
  }
  await log.close()
}
