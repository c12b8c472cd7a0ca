// Durable batches per second, in the file storage and in a bare loop, in turns: whatever else the machine does meets both.
import { join } from 'node:path'
import { BareLog } from './bare-log.js'
import { payloadBytesOf, type Shape } from './batches.js'
import { appendAll, MeasuredLog } from './open-log.js'

export interface AppendOptions {
  readonly shapes: readonly Shape[]
  readonly segmentBytes: number
  /** For each shape, bare loop included. */
  readonly seconds: number
}

export interface Rate {
  readonly batchesPerSecond: number
  /** Of payload, in 10^6 bytes. */
  readonly megabytesPerSecond: number
}

export interface AppendResult extends Shape {
  readonly batches: number
  readonly bare: Rate
  readonly storage: Rate
  /** storage / bare, in batches per second: of all the time, and of the typical turn. */
  readonly ratio: number
  readonly ratioOfMedians: number
}

/** A turn takes about that long: the next one must meet the same machine. */
const TURN_MS = 25
const TURN_BATCHES_MAX = 50
const TURNS_MIN = 6
/** Not measured: the first segments are filled with zeros. */
const WARM_UP_SEGMENTS = 4

export async function measureAppends(
  directory: string,
  { shapes, segmentBytes, seconds }: AppendOptions,
  measured: (result: AppendResult) => void,
): Promise<readonly AppendResult[]> {
  const bare = await BareLog.create(join(directory, 'bare'), segmentBytes)
  const log = await MeasuredLog.create(join(directory, 'log'), segmentBytes)
  await warmUp(log, segmentBytes)
  const results: AppendResult[] = []
  for (const shape of shapes) {
    const result = await measureShape(bare, log, shape, { segmentBytes, seconds })
    results.push(result)
    measured(result)
  }
  await log.close()
  await bare.close()
  return results
}

/** Until old segments serve as new ones: the state in which a log that is compacted stays. */
async function warmUp(log: MeasuredLog, segmentBytes: number): Promise<void> {
  const shape = { entries: 64, payloadBytes: segmentBytes / 4096 }
  const append = log.append.bind(log)
  for (let bytes = 0; bytes < WARM_UP_SEGMENTS * segmentBytes; bytes += payloadBytesOf(shape)) {
    await appendAll(append, [log.batches.take(shape)])
  }
  await log.compact()
}

async function measureShape(
  bare: BareLog,
  log: MeasuredLog,
  shape: Shape,
  { segmentBytes, seconds }: Pick<AppendOptions, 'segmentBytes' | 'seconds'>,
): Promise<AppendResult> {
  const sides = { bare: bare.append.bind(bare), storage: log.append.bind(log) }
  const turns: { bare: number; storage: number }[] = []
  const perTurn = await batchesPerTurn(log, shape)
  const until = performance.now() + seconds * 1000
  let uncompacted = 0
  for (let turn = 0; turn < TURNS_MIN || performance.now() < until; turn++) {
    const batches = Array.from({ length: perTurn }, () => log.batches.take(shape))
    const spent = { bare: 0, storage: 0 }
    for (const side of turn % 2 === 0 ? (['bare', 'storage'] as const) : (['storage', 'bare'] as const)) {
      spent[side] = await appendAll(sides[side], batches)
    }
    turns.push(spent)
    uncompacted += perTurn * payloadBytesOf(shape)
    if (uncompacted < 2 * segmentBytes) continue
    await log.compact()
    uncompacted = 0
  }
  const batches = turns.length * perTurn
  const total = (side: 'bare' | 'storage'): number => turns.reduce((sum, turn) => sum + turn[side], 0)
  const rate = (side: 'bare' | 'storage'): Rate => {
    const batchesPerSecond = (batches / total(side)) * 1000
    return { batchesPerSecond, megabytesPerSecond: (batchesPerSecond * payloadBytesOf(shape)) / 1e6 }
  }
  return {
    ...shape,
    batches,
    bare: rate('bare'),
    storage: rate('storage'),
    ratio: total('bare') / total('storage'),
    ratioOfMedians: median(turns.map((turn) => turn.bare)) / median(turns.map((turn) => turn.storage)),
  }
}

async function batchesPerTurn(log: MeasuredLog, shape: Shape): Promise<number> {
  const append = log.append.bind(log)
  const ms = (await appendAll(append, [log.batches.take(shape), log.batches.take(shape)])) / 2
  return Math.max(1, Math.min(TURN_BATCHES_MAX, Math.round(TURN_MS / ms)))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
