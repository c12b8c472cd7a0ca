// The file storage alone: appending beside a bare loop, at 70 % load, and reading back.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Resources } from '../cluster/resources.js'
import { type Conditions, conditionsNow, describeMachine } from '../report/conditions.js'
import { StorageReport } from '../report/storage-report.js'
import { type AppendResult, measureAppends } from './append.js'
import type { Shape } from './batches.js'
import { measurePaced, type PacedResult } from './paced.js'
import { measureScan, type ScanResult } from './scan.js'

export interface StorageOptions {
  readonly entries: readonly number[]
  readonly payloads: readonly number[]
  /** For each shape, bare loop included. */
  readonly seconds: number
  readonly segmentBytes: number
  /** Size of the log that is read back; 0: none is. */
  readonly scanBytes: number
  readonly json: string | undefined
}

export interface StorageResult {
  readonly conditions: Conditions
  readonly options: Omit<StorageOptions, 'json'>
  readonly appends: readonly AppendResult[]
  readonly paced: readonly PacedResult[]
  readonly scans: readonly ScanResult[]
}

const LOAD = 0.7
const PACED_SEGMENTS = 6
/** What a node under load writes: some tens of commands at a time. */
const TYPICAL_ENTRIES = 64

export async function benchStorage(
  { json, ...options }: StorageOptions,
  resources: Resources,
  print: (line: string) => void,
): Promise<void> {
  const { entries, payloads, seconds, segmentBytes, scanBytes } = options
  const report = new StorageReport(print)
  const conditions = conditionsNow()
  print(`River Raft file storage, ${conditions.date}\n${describeMachine(conditions)}\n`)

  const shapes = payloads.flatMap((payloadBytes) =>
    entries.map((count) => ({ entries: count, payloadBytes })),
  )
  report.appendHead()
  const appendScope = resources.open()
  const appends = await measureAppends(appendScope.directory, { shapes, segmentBytes, seconds }, (result) =>
    report.append(result),
  )
  await appendScope.end()

  const typical = closest(appends)
  const paced: PacedResult[] = []
  for (const compacts of [true, false]) {
    const scope = resources.open()
    const batchesPerSecond = LOAD * typical.storage.batchesPerSecond
    const load = { shape: typical, segmentBytes, batchesPerSecond, compacts, segments: PACED_SEGMENTS }
    const result = await measurePaced(join(scope.directory, 'log'), load)
    paced.push(result)
    report.paced(result, typical)
    await scope.end()
  }

  const scans: ScanResult[] = []
  for (const shape of scanBytes === 0 ? [] : scanShapes(payloads)) {
    const scope = resources.open()
    const logBytes = shape.entries === 1 ? scanBytes / 4 : scanBytes
    const result = await measureScan(scope, 'log', { shape, logBytes, segmentBytes })
    scans.push(result)
    report.scan(result)
    await scope.end()
  }
  const result: StorageResult = { conditions, options, appends, paced, scans }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, undefined, 2)}\n`)
}

/** And what costs most: a block for each of the smallest entries. */
function scanShapes(payloads: readonly number[]): readonly Shape[] {
  const typical = payloads.map((payloadBytes) => ({ entries: TYPICAL_ENTRIES, payloadBytes }))
  return [...typical, { entries: 1, payloadBytes: Math.min(...payloads) }]
}

function closest(appends: readonly AppendResult[]): AppendResult {
  return appends.reduce((best, one) =>
    Math.abs(one.entries - TYPICAL_ENTRIES) < Math.abs(best.entries - TYPICAL_ENTRIES) ? one : best,
  )
}
